"""Charts have the fonts that come with matplotlib, whatever else there is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import matplotlib as mpl
import pytest
from matplotlib.font_manager import (
    FontManager,
    fontManager,
    get_font,
    json_dump,
    ttfFontProperty,
)

OWN = Path(mpl.get_data_path(), "fonts", "ttf")
NAMES = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf")
FOUND = """
import json
import analysis.drawing.style
from matplotlib.font_manager import FontProperties, findfont
fonts = [FontProperties(family="DejaVu Sans", weight=w) for w in ("normal", "bold")]
print(json.dumps([findfont(font) for font in fonts]))
"""


@pytest.mark.parametrize("lacking", [True, False])
def test_matplotlibs_own_fonts_are_found(tmp_path: Path, lacking: bool) -> None:
    """The list of fonts is kept for all programs of a user, and lists others first."""
    others = tmp_path / "others"
    others.mkdir()
    kept = FontManager.__new__(FontManager)
    vars(kept).update(vars(fontManager))
    own = [ttfFontProperty(get_font(str(OWN / name))) for name in NAMES]
    kept.ttflist = [replace(font, fname=str(others / NAMES[0])) for font in own]
    (others / NAMES[0]).write_bytes((OWN / "DejaVuSansMono.ttf").read_bytes())
    if not lacking:
        kept.ttflist += own
    json_dump(kept, tmp_path / f"fontlist-v{FontManager.__version__}.json")
    done = subprocess.run(
        [sys.executable, "-c", FOUND],
        env={**os.environ, "MPLCONFIGDIR": str(tmp_path)},
        **{"capture_output": True, "text": True},
        check=True,
    )
    found = json.loads(done.stdout)
    assert found == [str(OWN / name) for name in NAMES]

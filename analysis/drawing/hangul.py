"""The font for Hangul, since not every machine has one.

Rules of this module:
- It is NanumGothic (SIL Open Font License), which a package brings. Charts and PDFs
  have what they need of it.
- A page has those letters that its texts may need, which are some hundred of 11,172.
  Without Hangul it has no font.
- It is the first font of `report/html/report.css`, and for Hangul alone. As the last
  one it would come too late: Chromium keeps the first word of each size as it was.
"""

from __future__ import annotations

import base64
import importlib.util
import io
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from analysis.texts import catalogue, language

NAME = "Hangul of this page"
BLOCKS = ("\u1100-\u11ff", "\u3130-\u318f", "\uac00-\ud7a3")  # of Unicode
LETTER = re.compile(f"[{''.join(BLOCKS)}]")
RANGE = ", ".join(f"U+{ord(each[0]):X}-{ord(each[-1]):X}" for each in BLOCKS)  # of CSS


def hangul_fonts() -> Path:
    """Return the folder of NanumGothic (SIL Open Font License), which a package has.

    The package is not imported: it would change the style of all charts.
    """
    found = importlib.util.find_spec("koreanize_matplotlib")
    assert found is not None and found.origin is not None  # it is a requirement
    return Path(found.origin).with_name("fonts")


def font_face(content: Mapping[str, Any]) -> str:
    """Return the rule of CSS that brings the font, or "" where no letter needs it."""
    letters = letters_of(content, catalogue(language()))
    if not letters:
        return ""
    data = base64.b64encode(font_of(letters)).decode()
    source = f'url(data:font/woff;base64,{data}) format("woff")'
    return (
        f'@font-face {{ font-family: "{NAME}"; src: {source}; '
        f"unicode-range: {RANGE}; }}\n"
    )


def letters_of(*texts: Mapping[str, Any]) -> str:
    """Return each letter of Hangul that stands in a value of these, once, in order."""
    written = json.dumps(texts, ensure_ascii=False, default=str)
    return "".join(sorted(set(LETTER.findall(written))))


def font_of(letters: str) -> bytes:
    """Return a font in WOFF with these letters alone; always the same bytes."""
    from fontTools import subset

    options = subset.Options(flavor="woff", hinting=False, layout_features=[])
    options.drop_tables += ["TSI0", "TSI1", "TSI2", "TSI3", "TSI5"]  # of its makers
    font = subset.load_font(str(hangul_fonts() / "NanumGothic.ttf"), options)
    subsetter = subset.Subsetter(options)
    subsetter.populate(text=letters)
    subsetter.subset(font)
    written = io.BytesIO()
    subset.save_font(font, written, options)
    return written.getvalue()

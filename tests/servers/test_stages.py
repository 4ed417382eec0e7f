"""The modules on top of `servers/` are architectures, which can be chosen."""

from __future__ import annotations

from pathlib import Path

import yaml

from servers.__main__ import architectures


def test_each_architecture_can_be_chosen(root: Path) -> None:
    """By its own name, with its own file as the one source beside the program."""
    for name in architectures():
        config = yaml.safe_load((root / "conf/impl" / f"{name}.yaml").read_text())
        assert f" servers {name} " in config["command"]
        assert config["sources"] == ["servers/__main__.py", f"servers/{name}.py"]

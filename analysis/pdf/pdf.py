"""The blocks of a document as a PDF, by typst.

Rules of this module:
- The PDF is one that a screen reader can read aloud (PDF/UA-1): typst refuses one
  without alternative texts, a title or headings in order.
- Fonts are those of the installation and no others, so the same content gives the same
  file on every machine. It has no date of its own.
- typst sees a folder that is made for it, and nothing beside it.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
import typst
from PIL import Image

from analysis.drawing.hangul import hangul_fonts
from analysis.files import DataError
from analysis.files import write as write_file
from analysis.pdf.document import document
from analysis.pdf.elements import Block
from analysis.pdf.tables import laid_out
from analysis.temporary import temporary_folder
from contract.file_name import file_name

TEMPLATES = Path(__file__).parent
MAIN, DATA = "report.typ", "document.json"
# Of the first font that has a letter, it is shown in that font. The last one has a
# sign for every letter that no other font has.
LATIN, HANGUL, REST = "Libertinus Serif", "NanumGothic", "DejaVu Sans"
LAST = "Last Resort High-Efficiency"
FONTS = {"en": (LATIN, HANGUL, REST, LAST), "ko": (HANGUL, REST, LAST)}
CODE_FONTS = ("DejaVu Sans Mono", HANGUL, REST, LAST)
SCREEN_DPI, WIDE_CM = 96, 12.0  # a wider picture is as wide as the text
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


def write(content: dict[str, Any], path: Path) -> None:
    """Write the report to `path`, and beside it under the name that is handed in.

    Raises `DataError`.
    """
    own = path.name
    try:
        if content["file"]:
            own = file_name(content["file"], content["about"])
    except ValueError as error:
        raise DataError(str(error)) from None
    made = pdf(content)
    for place in dict.fromkeys((path.with_name(own), path)):
        write_file(place, lambda partial: partial.write_bytes(made))


def pdf(content: dict[str, Any]) -> bytes:
    """Return the report as a PDF."""
    made = compiled(content, format="pdf", pdf_standards=["ua-1"])
    assert isinstance(made, bytes)
    return made


def pages(content: dict[str, Any], dots_per_inch: float) -> list[bytes]:
    """Return the pages as PNG, to look at."""
    made = compiled(content, format="png", ppi=dots_per_inch)
    return made if isinstance(made, list) else [made]


def compiled(content: dict[str, Any], **how: Any) -> bytes | list[bytes]:
    """Let typst make a file of the content; `how` are its own arguments."""
    with temporary_folder() as folder:
        for template in TEMPLATES.glob("*.typ"):
            shutil.copyfile(template, folder / template.name)
        (folder / DATA).write_text(json.dumps(_data(content, folder)), "utf-8")
        try:
            made = typst.compile(
                folder / MAIN,
                root=folder,
                font_paths=typst.Fonts(
                    include_system_fonts=False,
                    font_paths=[hangul_fonts(), Path(mpl.get_data_path(), "fonts/ttf")],
                ),
                timestamp=0,
                **how,
            )
        except typst.TypstError as error:
            raise DataError(f"the PDF cannot be made: {_reason(error)}") from None
    assert isinstance(made, bytes | list)
    return made


def _reason(error: typst.TypstError) -> str:
    return " ".join([error.message, *error.hints])


def _data(content: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Return what the template reads, with its pictures as files in `folder`."""
    whole = document(content)
    language = whole["language"]
    fonts = {"fonts": FONTS.get(language, FONTS["en"]), "code_fonts": CODE_FONTS}
    whole["blocks"] = _Prepared(folder).blocks(whole["blocks"])
    printable: dict[str, Any] = _printable(whole | fonts)
    return printable


class _Prepared:
    """Blocks as the template reads them, at all depths."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pictures = 0

    def blocks(self, blocks: Iterable[Block]) -> list[Block]:
        return [self.block(block) for block in blocks]

    def block(self, block: Block) -> Block:
        match block["kind"]:
            case "table":
                return laid_out(block)
            case "picture":
                return self.picture(block)
            case "quote":
                return block | {"blocks": self.blocks(block["blocks"])}
            case "points":
                return block | {"items": [self.blocks(i) for i in block["items"]]}
        return block

    def picture(self, block: Block) -> Block:
        """Put a picture into the folder, under a name of its own."""
        suffix = ".svg" if "svg" in block else Path(block["path"]).suffix.lower()
        size = {} if suffix == ".svg" else size_of(Path(block["path"]))
        self.pictures += 1
        file = self.folder / f"{self.pictures}{suffix}"
        try:
            if "svg" in block:
                file.write_text(block["svg"], "utf-8")
            else:
                shutil.copyfile(block["path"], file)
        except OSError as error:
            raise DataError(f"{block.get('path', file)}: {error.strerror}") from None
        shown = {n: v for n, v in block.items() if n != "svg"}
        return shown | {"path": file.name} | size


def size_of(path: Path) -> dict[str, float]:
    """Return the width of a small picture of pixels, which is not made larger."""
    try:
        with Image.open(path) as picture:
            width_cm = picture.width / SCREEN_DPI * 2.54
    except (OSError, ValueError, Image.DecompressionBombError):
        return {}  # typst says what is wrong with it
    return {"width": width_cm} if width_cm < WIDE_CM else {}


def _printable(value: Any) -> Any:
    """Return data without characters that no font shows, which servers may print."""
    if isinstance(value, str):
        return UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", value)
    if isinstance(value, Mapping):
        return {name: _printable(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_printable(one) for one in value]
    return value

"""Unpacks the zip of an archive, or refuses it.

Rules of this module:
- A zip is one without a comment, with nothing before or behind it, and without the
  extension for large files. So what it claims can be checked before anything is read.
- A member is a regular file that is stored or deflated, and has a name that an archive
  made here could have. Nothing is written outside of the folder that is given.
- No member may be larger than it claims, whatever it unpacks to.
- All members are in the manifest, with their SHA-256, and all of the manifest's are
  there.
- What nobody reads afterwards is checked as all else is, and is not written.
"""

from __future__ import annotations

import hashlib
import re
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import BinaryIO

from analysis.archives import form
from analysis.files import DataError
from contract.conformance import LIST, RESULT

END = struct.Struct("<4s4H2IH")  # what a zip ends with
END_MARK, FIRST_MARK = b"PK\x05\x06", b"PK\x03\x04"
ENCRYPTED = 0x1
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
DOS, UNIX = 0, 3
AT_ONCE = 1 << 20  # bytes that are read
# As the names of cells and submissions are (`conf/compose/submission_names.py`).
PART = re.compile(r"[\w%][\w ._+\-,'()&@%~]*")
LISTED = re.compile(r"([0-9a-f]{64})  (.+)")
FIXED = {
    *(form.CRATE, form.CITATION, form.LICENSE, form.CONTENTS, form.MANIFEST),
    *("report.html", "report.pdf", LIST),
}
SUFFIXES = {form.TABLES: (".csv", ".md"), form.CHARTS: (".svg", ".png")}
NEEDED = (form.MANIFEST, form.CONTENTS, form.CRATE)
# What zipfile and zlib raise for a file that is cut or changed.
DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError),
    *(RuntimeError, ValueError, OverflowError, UnicodeError, LookupError),
)


def unpack(path: Path, folder: Path, left_out: Collection[str] = ()) -> int:
    """Unpack the archive at `path` into an empty folder; return how many bytes it has.

    Files and folders of it with these names are `left_out`. Raises `DataError`.
    """
    try:
        with path.open("rb") as file:
            _check_end(file.seek(0, 2), *_ends(path))
            with zipfile.ZipFile(file) as archive:
                members = archive.infolist()
                _check_members(members)
                digests = dict(_write(archive, members, folder, left_out))
    except DAMAGED as error:
        raise DataError(f"it is cut or damaged ({_reason(error)})") from None
    _check_digests(folder, digests)
    return sum(member.file_size for member in members)


def _reason(error: BaseException) -> str:
    return " ".join(str(error).split())[:100] or type(error).__name__


def _ends(path: Path) -> tuple[bytes, bytes]:
    """Return how a file begins, and how it ends."""
    with path.open("rb") as file:
        first = file.read(len(FIRST_MARK))
        size = file.seek(0, 2)
        file.seek(max(size - END.size, 0))
        return first, file.read()


def _check_end(size: int, first: bytes, last: bytes) -> None:
    """Raise `DataError` unless a file of this size is a zip of a form that is read."""
    if size > form.ARCHIVE_BYTES:
        raise DataError(f"it has over {form.ARCHIVE_BYTES:,} bytes")
    if first != FIRST_MARK or len(last) != END.size or not last.startswith(END_MARK):
        raise DataError("it is no zip, or is cut, or has something before or behind it")
    _, disk, of_disk, here, members, listed, begin, comment = END.unpack(last)
    if disk or of_disk or here != members or comment:
        raise DataError("it is one of several parts, or has a comment")
    if members > form.MEMBERS or listed > members * (form.NAME_BYTES + 100):
        raise DataError(f"it has over {form.MEMBERS:,} files, or too long names")
    if begin + listed + END.size != size:
        raise DataError("it is cut, or has something before or behind it")


def _check_members(members: Sequence[zipfile.ZipInfo]) -> None:
    """Raise `DataError` if a member is none that is written here."""
    names: dict[str, str] = {}
    for member in members:
        name = member.filename
        if not _is_name(name) or "\0" in member.orig_filename:
            raise DataError(f"it has a file {name!a:.100}, which no archive has")
        if (other := names.setdefault(name.casefold(), name)) != name:
            raise DataError(f"{other} and {name} differ only in case")
        _check_kind(member)
    if len(names) < len(members):
        raise DataError("two of its files have the same name")
    if sum(member.file_size for member in members) > form.UNPACKED_BYTES:
        raise DataError(f"it unpacks to over {form.UNPACKED_BYTES:,} bytes")
    for name in NEEDED:
        if name not in names:
            raise DataError(f"it has no {name}: it is no archive of firstfail")


def _check_kind(member: zipfile.ZipInfo) -> None:
    name, mode = member.filename, member.external_attr >> 16
    if member.flag_bits & ENCRYPTED:
        raise DataError(f"{name} is encrypted")
    if member.create_system not in (DOS, UNIX) or stat.S_IFMT(mode) not in (
        0,
        stat.S_IFREG,
    ):
        raise DataError(f"{name} is a link, or no regular file")
    if member.compress_type not in METHODS:
        raise DataError(f"{name} is packed in a way that no archive uses")
    if member.file_size > form.MEMBER_BYTES:
        raise DataError(f"{name} has over {form.MEMBER_BYTES:,} bytes")


def _is_name(name: str) -> bool:
    """Whether an archive that is made here could have a file of this name."""
    if len(name.encode(errors="replace")) > form.NAME_BYTES:
        return False
    if name in FIXED:
        return True
    if name != unicodedata.normalize("NFC", name):
        return False
    first, *inner, last = name.split("/") if "/" in name else ("", name)
    if not all(map(PART.fullmatch, (*inner, last))):
        return False
    if first in SUFFIXES:
        return not inner and last.endswith(SUFFIXES[first])
    known = {form.RUNS: form.OF_CELL, form.CONFORMANCE: (RESULT,)}
    return len(inner) >= 1 and last in known.get(first, ())


def _write(
    archive: zipfile.ZipFile,
    members: Sequence[zipfile.ZipInfo],
    folder: Path,
    left_out: Collection[str],
) -> Iterator[tuple[str, str]]:
    """Write all members but some; yield the name and the SHA-256 of each."""
    for member in members:
        is_written = member.filename.partition("/")[0] not in left_out
        total = hashlib.sha256()
        with _new(folder / member.filename) if is_written else nullcontext() as file:
            for chunk in _read(archive, member):
                total.update(chunk)
                if file:
                    file.write(chunk)
        yield member.filename, total.hexdigest()


def _new(path: Path) -> BinaryIO:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.open("xb")


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    """Yield what a member unpacks to; raise `DataError` if it is more than it says."""
    size = 0
    with archive.open(member) as packed:
        while chunk := packed.read(AT_ONCE):
            size += len(chunk)
            if size > member.file_size:
                raise DataError(f"{member.filename} unpacks to more than it says")
            yield chunk


def _check_digests(folder: Path, digests: Mapping[str, str]) -> None:
    """Raise `DataError` unless the manifest has all files as they are."""
    manifest = folder / form.MANIFEST
    if manifest.stat().st_size > form.TEXT_BYTES:
        raise DataError(f"{form.MANIFEST} is too long")
    text = manifest.read_bytes().decode(errors="replace")
    listed = [LISTED.fullmatch(line) for line in text.removesuffix("\n").split("\n")]
    if None in listed:
        raise DataError(f"{form.MANIFEST} is no list of SHA-256")
    said = {each[2]: each[1] for each in listed if each}
    there = {name for name in digests if name != form.MANIFEST}
    if len(said) < len(listed) or said.keys() != there:
        raise DataError(f"its files are not those of {form.MANIFEST}")
    for name, digest in said.items():
        if digests[name] != digest:
            raise DataError(f"{name} was changed: it has another SHA-256")

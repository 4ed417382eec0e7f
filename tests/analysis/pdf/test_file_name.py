"""The name of the file that is handed in."""

from __future__ import annotations

import pytest

from analysis.files import DataError
from analysis.pdf.file_name import file_name

ABOUT = {"exercise": "HW2", "student": "2019123456", "name": "홍길동"}


@pytest.mark.parametrize(
    "pattern, about, name",
    [
        ("CN_{exercise}_{student}_{name}.pdf", {}, "CN_HW2_2019123456_홍길동.pdf"),
        ("report.pdf", {"name": ""}, "report.pdf"),
        ("{name}.pdf", {"name": "../a:b"}, "..-a-b.pdf"),
    ],
)
def test_the_pattern_is_filled(pattern: str, about: dict[str, str], name: str) -> None:
    if name.startswith("."):
        with pytest.raises(DataError):
            file_name(pattern, ABOUT | about)
        return
    assert file_name(pattern, ABOUT | about) == name


def test_a_name_stays_in_its_folder() -> None:
    assert file_name("CN_{name}.pdf", {"name": "../a/b\n"}) == "CN_..-a-b-.pdf"


@pytest.mark.parametrize(
    "pattern, told",
    [
        ("CN_{exercise}.pdf", "asks for {exercise}: give report.exercise=…"),
        ("CN_{other}.pdf", "{other} is unknown: choose from {exercise}"),
        ("CN_{student.pdf", "a brace is not closed"),
        ("CN_{student}.doc", "it has to be a name that ends with .pdf"),
        ("x" * 300 + ".pdf", "the name has more than 255 bytes"),
    ],
)
def test_what_cannot_be_a_name_is_one_line(pattern: str, told: str) -> None:
    with pytest.raises(DataError) as error:
        file_name(pattern, ABOUT | {"exercise": ""})
    assert told in str(error.value) and len(str(error.value).splitlines()) == 1

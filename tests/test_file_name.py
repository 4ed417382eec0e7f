"""The name of the file that is handed in."""

from __future__ import annotations

import pytest

from contract.file_name import file_name

ABOUT = {"exercise": "HW2", "student": "2019123456", "name": "홍길동"}


@pytest.mark.parametrize(
    "pattern, about, name",
    [
        ("CN_{exercise}_{student}_{name}.pdf", {}, "CN_HW2_2019123456_홍길동.pdf"),
        ("report.pdf", {"name": ""}, "report.pdf"),
        ("CN_{name}.pdf", {"name": "../a/b\n"}, "CN_..-a-b-.pdf"),
        ("CN_{name}{{cell}}.pdf", {"name": "{cell}"}, "CN_-cell--cell-.pdf"),
    ],
)
def test_the_pattern_is_filled(pattern: str, about: dict[str, str], name: str) -> None:
    """The name stays in its folder, and Snakemake finds no wildcard in it."""
    assert file_name(pattern, ABOUT | about) == name


NO_NAME = "it must be a name that ends with .pdf, and may have {exercise}, {student}"


@pytest.mark.parametrize(
    "pattern, told",
    [
        ("CN_{exercise}.pdf", "asks for {exercise}: give report.exercise=…"),
        ("CN_{other}.pdf", NO_NAME),
        ("CN_{student.pdf", NO_NAME),
        ("a/b.pdf", NO_NAME),
        ("CN_{student}.doc", NO_NAME),
        ("{name}.pdf", "the name must not begin with a dot"),
        ("x" * 300 + ".pdf", "the name has more than 255 bytes"),
    ],
)
def test_what_cannot_be_a_name_is_one_line(pattern: str, told: str) -> None:
    with pytest.raises(ValueError) as error:
        file_name(pattern, ABOUT | {"exercise": "", "name": "../a"})
    assert told in str(error.value) and len(str(error.value).splitlines()) == 1

"""The command line of a gate."""

from __future__ import annotations

import pytest

from gate.errors import GateError, Status
from gate.request import read


def test_settings_are_read_as_snakemake_reads_them() -> None:
    asked = read(["--base", "main", "impl=select,single", "set={load.timeout_s: 5}"])
    assert asked.settings == {
        **{"study": "gate", "impl": "select,single"},
        "set": {"load.timeout_s": "5"},
    }
    assert asked.least == "5%" and 0 <= asked.seed < 10_000
    asked = read(["--base=main", "--seed=5", "--least=0.1", "study=demo", "users=20"])
    assert (asked.seed, asked.least) == (5, "0.1")
    assert asked.settings == {"study": "demo", "users": 20}


def test_names_may_have_dots() -> None:
    asked = read(["--base", "main", "load.timeout_s=5", "experiment.max_s=1"])
    assert asked.settings == {
        "study": "gate",
        "set": {"load.timeout_s": "5", "experiment.max_s": "1"},
    }
    with pytest.raises(GateError, match=r"load\.timeout_s and set=… say the same"):
        read(["--base", "main", "load.timeout_s=5", "set={experiment.max_s: 1}"])


def test_seeds_differ() -> None:
    assert len({read(["--base", "main"]).seed for _ in range(20)}) > 1


@pytest.mark.parametrize(
    "words, named",
    [
        ([], "--base"),
        (["--base", "main", "--least", "100%"], "--least: 100% must be a share below"),
        (["--base", "main", "--least", "much"], "much must be a share"),
        (["--base", "main", "--least", "nan"], "nan must be a share"),
        (["--base", "main", "--seed", "x"], "--seed"),
        (["--base", "main", "--user", "5"], "--user"),
    ],
)
def test_wrong_words_are_one_line(
    words: list[str], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        read(words)
    assert ended.value.code == Status.WRONG_USE
    said = capsys.readouterr().err
    assert said.startswith("firstfail: ") and named in said and said.count("\n") == 1


@pytest.mark.parametrize("word", ["select", "1x=5", "study=archive"])
def test_a_word_that_is_no_setting_is_refused(word: str) -> None:
    with pytest.raises(GateError) as refused:
        read(["--base", "main", word])
    assert refused.value.status is Status.WRONG_USE

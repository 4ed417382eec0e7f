"""Sentences of tables, charts and results in other languages."""

from __future__ import annotations

import contextlib
import itertools
import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from analysis import texts as texts_of
from analysis import translation
from analysis.charts.utilisation import LINES
from analysis.drawing import words as drawn
from analysis.limits import BOTH, LIMITS, limits_of, meaning
from analysis.report.content import content
from analysis.rows.groups import grouped
from analysis.rows.matrix import Matrix
from analysis.texts import speaking
from analysis.translation import VALUE, sentences, translated
from tests.analysis import golden
from tests.analysis.english import OTHERS, texts, words

# A setting in the name of a row, with its value.
SETTING = re.compile(r"\b(?:[a-z_]+\.)+[a-z_]+ [\w–.]+")
# What a program has printed, programs that ran, and values of a setting.
PRINTED = ("no server yet", "mypy", "bash", "perf", "closed", "open")


@pytest.mark.parametrize("into", OTHERS)
def test_a_translation_has_the_values_of_its_sentence(into: str) -> None:
    for text, to in sentences(into).items():
        known = {value for _, value in VALUE.findall(text)}
        assert {value for _, value in VALUE.findall(to)} <= known, text
        assert text.count("{}") == len(re.findall(r"\{\d?\}", to)), text


# Their form depends on the last sound of the word before.
PARTICLE = re.compile(
    r"\{=?(?!n\d?\})\w+\}(?:은|는|이|가|을|를|과|와|으로|로)(?![가-힣])"
)


@pytest.mark.parametrize("folder", [texts_of.FOLDER, translation.FOLDER])
def test_no_particle_depends_on_a_name(folder: Path) -> None:
    """A name may end with any sound; only numbers stand before a noun."""
    assert PARTICLE.findall((folder / "ko.yaml").read_text()) == []


@pytest.mark.parametrize("into", OTHERS)
@pytest.mark.parametrize("name", golden.MATRICES)
def test_no_sentence_of_a_report_stays_english(
    golden_made: Path, name: str, into: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("analysis.report.content.redraw_cells", lambda *_: None)
    monkeypatch.setattr("analysis.report.sections.redrawn", lambda *_, **__: {})
    with contextlib.chdir(golden_made), speaking(into):
        said = set(texts(content(Path(name), {})))
        matrix = Matrix.read(Path(name, "matrix.json"))
    labels = {
        group.label
        for experiment in matrix.experiments
        for group in grouped(matrix.of(experiment).cells)
    }
    labels |= {str(config["impl"]["name"]) for config in matrix.configs}
    own = sorted(labels, key=len, reverse=True)
    assert {text: left for text in said if (left := _english(text, own))} == {}


def _english(text: str, labels: Sequence[str]) -> list[str]:
    for known in labels:
        text = text.replace(known, "")
    text = SETTING.sub("", text)
    return words(text, PRINTED)


@pytest.mark.parametrize("into", OTHERS)
def test_each_limit_has_its_meaning_alone_and_beside_another(into: str) -> None:
    pairs = itertools.permutations(LIMITS, 2)
    with speaking(into):
        for verdict in [*LIMITS, *map(BOTH.join, pairs)]:
            said = translated(f"{verdict}, {meaning(verdict)}: all of it")
            assert not [one.means for one in limits_of(verdict) if one.means in said]


@pytest.mark.parametrize(
    "text, to",
    [
        ("users", "사용자 수"),
        ("One run each: no interval, and a difference may be chance.", "각각 한 번씩"),
        ("12 users, 1,000 joining a second", "사용자 12명, 초당 1,000명씩 접속"),
        (": no request was sent.", ": 보낸 요청이 없다."),
        (
            "of the 45 s that users waited in all, 85% went to the server's CPU "
            "(86% of it used); 14% went to the link",
            "사용자가 기다린 시간 합계 45초 가운데 85%는 서버의 CPU(사용률 86%); "
            "14%는 링크",
        ),
        ("students/ada, backlog 64", "students/ada, 백로그 64"),
        (
            "a, hatch rate 50, idle 9 (7 open)",
            "a, 초당 접속 사용자 50명, 유휴 연결 9개(",
        ),
        ("a, server.keep_alive true, idle 0", "a, server.keep_alive true, 유휴"),
        ("1 request has finished", "요청 1개가 끝났다"),
        ("it overflowed 1 time", "1회 넘침"),
        ("what a program printed", "what a program printed"),
        ("12.5", "12.5"),
        # Beside a code, and behind other words.
        (
            "Lines of their heads end with LF alone. Browsers accept that (RFC 9112, "
            "2.2), and ",
            "응답 헤더의 줄이 LF만으로 끝난다. 브라우저는 이를 받아들이지만"
            "(RFC 9112, 2.2) ",
        ),
        (
            "a: HEAD: it has no record: its run failed, or was cut off",
            "a: HEAD: 기록이 없음. 실행이 실패했거나 끊겼음",
        ),
        # The name of a limit stays, and that of a setting does not.
        ("a, machine here", "a, 컴퓨터 here"),
        ("machine + link †", "machine + link †"),
        ("machine (2 of 3) †", "machine(3회 중 2회) †"),
    ],
)
def test_sentences_are_translated_with_their_values(text: str, to: str) -> None:
    assert translated(text) == text
    with speaking("ko"):
        assert translated(text).startswith(to)


@pytest.mark.parametrize("into", OTHERS)
def test_all_words_of_charts_are_translated(into: str) -> None:
    """Whole, with `{}` in the place of values; the full stop is no part of a key."""
    known = sentences(into)
    for key, text in drawn.WORDS.items():
        found = known.get(text) or known.get(text.rstrip("."))
        assert found, key
        assert found.count("{}") == text.count("{}"), key
    assert {line.label for line in LINES.values()} <= set(known)

"""In a pull request's comment, words of servers and names of submissions stay words."""

from __future__ import annotations

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from analysis.regressions.markdown import pull_request
from contract.text import inert
from tests.analysis.regressions.made import FAST, SLOW, against, lacking, other, runs

LIVE = (
    "[click](https://evil.example)",
    "![x](https://evil.example/x.png)",
    "<img src=x onerror=alert(1)>",
    "https://evil.example/x",
    "www.evil.example",
    "@everybody, look",
    "mail ada@example.org",
    "fixes #12",
    "GH-12",
    "a|b",
    "**bold** and _so_ and ~~gone~~",
    "`code` `",
    "``",
    "# a heading",
    "1. a list",
    "- a list",
    "> a quote",
    "a\nb\n\n# c",
    "&lt; &#64;",
    ":rocket:",
    "$x$",
    "a\\",
    "\x1b[2J\x00\u202e",
    "[^1]",
)
PLAIN = (
    "students/ada",
    "does not start: the server died before the load began: exit status 2: no file",
    "hatch_rate: BASE 2, HEAD 4, 5 %",
    "† HEAD was limited by link",
    "Ünïcode, 서버",
    "other machine (cpus): BASE 2, HEAD 4",
    "3.11.7",
)


def spans(tokens: list[Token]) -> set[str]:
    """Return the kinds of all that is in a text beside words."""
    found = set()
    for token in tokens:
        found |= {token.type} | spans(token.children or [])
    return found


PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
OF_A_LIST = {
    *("bullet_list_open", "bullet_list_close", "list_item_open", "list_item_close"),
    *("paragraph_open", "paragraph_close", "inline", "text", "code_inline"),
}


@pytest.mark.parametrize("text", LIVE)
def test_nothing_in_it_comes_to_life(text: str) -> None:
    tokens = PARSER.parse(f"- {inert(text)}: and {inert(text)}\n")
    assert spans(tokens) == OF_A_LIST
    inline = next(token for token in tokens if token.type == "inline")
    words = [t.content for t in inline.children or [] if t.type == "text"]
    assert "".join(words) == ": and "  # GitHub makes links of what is no code
    row = f"| a | b |\n|---|---|\n| {inert(text, in_table=True)} | c |\n"
    kinds = [token.type for token in PARSER.parse(row)]
    assert kinds.count("td_open") == 2
    assert "code_inline" in spans(PARSER.parse(row))


@pytest.mark.parametrize("text", PLAIN)
def test_what_is_harmless_stays_as_it_is(text: str) -> None:
    assert inert(text) == inert(text, in_table=True) == text


@pytest.mark.parametrize("text", LIVE)
def test_a_whole_comparison(text: str) -> None:
    """Wherever names, reasons and the words for the sides stand."""
    link = {"limit": "link", "because": text}
    base = [
        *runs(FAST, text),
        *runs(FAST),
        *runs(FAST, "gone"),
        *runs(FAST, text + "2"),
    ]
    head = [*runs(SLOW, text), *runs(other(FAST), limited=link)]
    head += [
        lacking("not measured", f"no start: {text}", "gone"),
        *runs(FAST, text + "3"),
    ]
    found = against(base, head)
    markdown = pull_request(found)
    tokens = PARSER.parse(markdown)
    assert not spans(tokens) & {
        "link_open",
        "image",
        "html_inline",
        "html_block",
        "s_open",
    }
    assert "em_open" not in spans(tokens)
    assert [t.tag for t in tokens if t.type == "heading_open"] == ["h3"]
    for token in tokens:
        for part in token.children or []:
            if part.type == "text":
                assert "://" not in part.content and "@" not in part.content
                assert "#12" not in part.content and "www." not in part.content

"""The report as a document to hand in: its chapters, in the order of the exercise.

Rules of this module:
- It orders and leaves out, and computes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

from analysis.pdf.appendix import appendix
from analysis.pdf.elements import Block, heading, named, paragraph, points, spans
from analysis.pdf.results import results
from analysis.texts import has, listed, say
from contract.stops import CAPACITY, FIRST_FAILURE, REQUESTS

ABOUT = ("exercise", "student", "name")
# What is told of the method, each with the rules of the experiments that it is about.
STEPS = {
    "users": set(),
    "first_failure": set(),
    "rps": {FIRST_FAILURE, REQUESTS},
    "peak": {CAPACITY},
    "average": {FIRST_FAILURE, REQUESTS},
    "limit": set(),
}
DRAWING_CM = 2.25  # for an inch of a drawing
# Of listings, as typst calls them.
LANGUAGES = {".py": "py", ".c": "c", ".js": "js", ".cjs": "js", ".sh": "sh"}


def document(content: dict[str, Any]) -> dict[str, Any]:
    """Return the title page and the blocks of the document."""
    about = content["about"]
    return {
        "language": content["language"],
        "title": content["title"],
        "author": [about["name"]] if about["name"] else [],
        "kicker": say("pdf.kicker"),
        "facts": [[say(f"pdf.fact.{n}"), about[n]] for n in ABOUT if about[n]],
        "contents": say("pdf.contents"),
        "blocks": [
            *_goal(content),
            *_code(content["code"]),
            *results(content),
            *_review(content["notes"]),
            *appendix(content),
        ],
    }


def _goal(content: dict[str, Any]) -> Iterator[Block]:
    yield heading(1, say("pdf.goal.title"))
    names = [server["name"] for server in content["code"]["servers"]]
    text = say(_key(content, "text"), names=listed(names), count=len(names))
    yield paragraph(text)
    yield points(dict.fromkeys(each["question"] for each in content["answers"]))
    yield heading(2, say("pdf.goal.method"))
    rules = {each["stop"] for each in content["answers"]}
    steps = [step for step, of in STEPS.items() if not of or rules & of]
    yield points(say(_key(content, f"steps.{step}")) for step in steps)
    if content["environment"]:
        yield heading(2, say("pdf.goal.environment"))
        yield named(content["environment"])


def _key(content: dict[str, Any], name: str) -> str:
    """Return the key of a text, or of that for what is served, if it has its own."""
    own = f"pdf.goal.{name}_{content['app']}"
    return own if has(own) else f"pdf.goal.{name}"


def _code(code: dict[str, Any]) -> Iterator[Block]:
    yield heading(1, say("pdf.code.title"))
    yield paragraph(say("pdf.code.intro"))
    for server in code["servers"]:
        yield from _server(server)
    if code["shared"]:
        yield heading(2, say("pdf.code.shared"))
        for excerpt in code["shared"]:
            users = [
                s["name"] for s in code["servers"] if excerpt["source"] in s["shared"]
            ]
            yield _excerpt(excerpt, say("pdf.code.used_by", names=listed(users)))


def _server(server: dict[str, Any]) -> Iterator[Block]:
    parts, drawing = server["parts"], server["drawing"]
    yield heading(2, server["name"])
    if parts:
        yield paragraph(spans(parts["title"], "strong"))
        yield _part(parts, "how")
    if drawing:
        yield {
            "kind": "picture",
            "svg": drawing["svg"],
            "alt": drawing["alt"],
            "caption": say("pdf.code.drawing", name=server["name"]),
            "width": drawing["width"] * DRAWING_CM,
        }
    for excerpt in server["excerpts"]:
        yield _excerpt(excerpt)
    for name in ("fits", "limits", "reference"):
        if name in parts:
            yield _part(parts, name)
    if not server["excerpts"]:
        sources = ", ".join(server["sources"])
        key = "pdf.code.source" if sources else "pdf.code.no_source"
        yield paragraph(say(key, sources=sources))
        yield {"kind": "code", "text": server["command"]}


def _part(parts: dict[str, str], name: str) -> Block:
    return paragraph(spans(say(f"pdf.code.{name}"), "strong"), parts[name])


def _excerpt(excerpt: dict[str, Any], users: str = "") -> Block:
    caption = say("pdf.code.excerpt", **excerpt)
    suffix = PurePath(excerpt["source"]).suffix
    return {
        "kind": "code",
        "text": excerpt["code"],
        "language": LANGUAGES.get(suffix),
        "first": excerpt["first"],
        "caption": " ".join(filter(None, (caption, users))),
    }


def _review(notes: list[Block]) -> Iterator[Block]:
    yield heading(1, say("pdf.review.title"))
    if not notes:
        yield paragraph(say("pdf.review.none"))
    for block in notes:
        one_below = {"level": block["level"] + 1} if block["kind"] == "heading" else {}
        yield block | one_below

"""Fill the docs with what was measured; see `python -m docs --help`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from docs.keeping import keep, keep_printed
from docs.kept import KEPT, ROOT, DocsError
from docs.regions import filled, pages


def main(words: Sequence[str] | None = None, root: Path = ROOT) -> int:
    parser = argparse.ArgumentParser(prog="python -m docs", description=__doc__)
    steps = parser.add_subparsers(dest="step")
    step = steps.add_parser("keep", help="take what the docs show of a study, and fill")
    step.add_argument("study", help=f"a folder in {KEPT}/")
    step.add_argument(
        "--outputs", type=Path, default=root / "outputs", help="where it was measured"
    )
    step.add_argument(
        "--printed",
        action="store_true",
        help="take it from standard input, where a benchmark has printed it",
    )
    asked = parser.parse_args(words)
    try:
        if asked.step == "keep":
            names = (
                keep_printed(asked.study, sys.stdin.read(), root)
                if asked.printed
                else keep(asked.study, asked.outputs.resolve(), root)
            )
            print(f"{KEPT}/{asked.study}: {', '.join(names)}")
        fill(root)
    except DocsError as error:
        print(f"docs: {error}", file=sys.stderr)
        return 1
    return 0


def fill(root: Path) -> None:
    """Write anew each page whose regions differ from what is kept."""
    for page, text in [(page, filled(page, root)) for page in pages(root)]:
        if text != page.read_text(encoding="utf-8"):
            page.write_text(text, encoding="utf-8")
            print(page.relative_to(root))


if __name__ == "__main__":
    sys.exit(main())

"""`python -m conformance try CONFIG FOLDER`, `python -m conformance show FILE…`.

Exit status: 0; 1 with one line that says what is wrong; 128 and the signal's number
when told to end.
"""

from __future__ import annotations

import argparse
import shlex
import signal
import sys
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

from contract.text import one_line
from load.errors import SIGNALS, CellError, InterruptedRunError, interrupt


def main(words: Sequence[str] | None = None) -> int:
    args = _parser().parse_args(words)
    try:
        args.run(args)
    except (CellError, InterruptedRunError) as error:
        named = f"{one_line(args.label)}: " if args.step == "try" else ""
        print(f"firstfail: {named}{error}", file=sys.stderr)
        return error.status if isinstance(error, InterruptedRunError) else 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m conformance", description=__doc__)
    steps = parser.add_subparsers(dest="step", required=True)
    trial = steps.add_parser("try", help="try one server with all chosen cases")
    trial.add_argument("config", type=Path, help="what to start, JSON or YAML")
    trial.add_argument("folder", type=Path, help="the folder to be made")
    trial.add_argument("--label", default="conformance", help="begins each line")
    trial.add_argument(
        "--parent", type=int, metavar="PID", help="end when this parent has ended"
    )
    trial.add_argument(
        "--measured",
        type=Path,
        metavar="FOLDER",
        help="a cell of the same server: if it was not measured, nothing is tried",
    )
    trial.add_argument(
        "--verify-with",
        default="",
        metavar="COMMAND",
        help="run this on the folder before it appears; if it fails, nothing is kept",
    )
    trial.set_defaults(run=_try)
    show = steps.add_parser("show", help="print a line for each case that failed")
    show.add_argument(
        "--table", action="store_true", help="print a table in Markdown instead"
    )
    show.add_argument("files", type=Path, nargs="+", help="results")
    show.set_defaults(run=_show)
    return parser


def _try(args: argparse.Namespace) -> None:
    from conformance.trial import Trial, read_config
    from load.caller import Caller
    from load.folder import Folder

    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:  # as under nohup
            signal.signal(number, interrupt)
    Trial(
        read_config(args.config),
        Folder(args.folder, Folder(args.folder, args.folder).scratch),
        Caller(one_line(args.label), args.parent),
        args.measured,
        shlex.split(args.verify_with),
    ).run()


def _show(args: argparse.Namespace) -> None:
    from conformance.shown import lines, table

    shown = table(args.files) if args.table else chain(*map(lines, args.files))
    for line in shown:
        print(line)


if __name__ == "__main__":
    sys.exit(main())

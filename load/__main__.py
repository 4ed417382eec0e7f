"""`python -m load CONFIG FOLDER`: measure one cell.

Exit status: 0 with the folder in place, 1 with one line that says why not, 128 and the
signal's number when told to end.
"""

from __future__ import annotations

import argparse
import shlex
import signal
import sys
from pathlib import Path

from contract.text import one_line
from load.caller import Caller
from load.config import read_config
from load.errors import SIGNALS, CellError, InterruptedRunError, interrupt
from load.folder import Folder
from load.run import Run


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m load", description=__doc__)
    parser.add_argument("config", type=Path, help="the cell's configuration, YAML")
    parser.add_argument("folder", type=Path, help="the cell's folder, to be made")
    parser.add_argument("--logs", type=Path, help="a folder (default: FOLDER.logs)")
    parser.add_argument("--label", help="what the line of progress begins with")
    parser.add_argument(
        "--parent", type=int, metavar="PID", help="end when this parent has ended"
    )
    for name, what in (("expected", "the run"), ("rest", "the rest of the study")):
        parser.add_argument(
            f"--{name}", type=float, metavar="S", help=f"how long {what} will take"
        )
    parser.add_argument("--quiet", action="store_true", help="write only what is wrong")
    parser.add_argument(
        "--verify-with",
        default="",
        metavar="COMMAND",
        help="run this on the folder before it appears; if it fails, nothing is kept",
    )
    parser.add_argument(
        "--post-process",
        default="",
        metavar="COMMAND",
        help="run this on the folder before it appears",
    )
    return parser.parse_args()


def main() -> int:
    arguments = parse_arguments()
    folder = arguments.folder
    label = one_line(arguments.label or str(folder))
    logs = arguments.logs or Path(f"{folder}.logs")
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:  # as under nohup
            signal.signal(number, interrupt)
    try:
        Run(
            read_config(arguments.config),
            Folder(folder, logs),
            Caller(
                *(label, arguments.parent, arguments.expected, arguments.rest),
                quiet=arguments.quiet,
            ),
            verify_with=shlex.split(arguments.verify_with),
            post_process=shlex.split(arguments.post_process),
        ).measure()
    except (CellError, InterruptedRunError) as error:
        print(f"firstfail: {label}: {error}", file=sys.stderr)
        return error.status if isinstance(error, InterruptedRunError) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

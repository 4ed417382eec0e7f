"""`python -m load CONFIG FOLDER`: measure one cell.

Exit status: 0 with the folder in place, 1 with one line that says why not,
128 and the signal's number when told to end.
"""

from __future__ import annotations

import argparse
import shlex
import signal
import sys
from pathlib import Path
from types import FrameType

from load.config import read_config
from load.errors import CellError, InterruptedRunError
from load.run import Run

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def interrupt(number: int, _frame: FrameType | None) -> None:
    for other in SIGNALS:  # ending takes a moment, and must not be cut short
        signal.signal(other, signal.SIG_IGN)
    raise InterruptedRunError(f"ended by {signal.Signals(number).name}", 128 + number)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m load", description=__doc__)
    parser.add_argument("config", type=Path, help="the cell's configuration, YAML")
    parser.add_argument("folder", type=Path, help="the cell's folder, to be made")
    parser.add_argument("--logs", type=Path, help="a folder (default: FOLDER.logs)")
    parser.add_argument("--label", help="what the line of progress begins with")
    parser.add_argument(
        "--parent", type=int, metavar="PID", help="end when this parent has ended"
    )
    parser.add_argument(
        "--check",
        default="",
        metavar="COMMAND",
        help="run this on the folder, before it appears; nothing is kept if it fails",
    )
    parser.add_argument(
        "--then",
        default="",
        metavar="COMMAND",
        help="run this on the folder, before it appears, to make something of it",
    )
    asked = parser.parse_args()
    label = asked.label or str(asked.folder)
    logs = asked.logs or asked.folder.with_name(f"{asked.folder.name}.logs")
    for number in SIGNALS:
        if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup has it
            signal.signal(number, interrupt)
    try:
        config = read_config(asked.config)
        Run(
            config,
            asked.folder,
            logs=logs,
            label=label,
            parent=asked.parent,
            check=shlex.split(asked.check),
            then=shlex.split(asked.then),
        ).measure()
    except (CellError, InterruptedRunError) as error:
        print(f"firstfail: {label}: {error}", file=sys.stderr)
        return error.status if isinstance(error, InterruptedRunError) else 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

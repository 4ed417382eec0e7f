"""`python -m gate --base REF`: an exit status that says whether servers are slower."""

from __future__ import annotations

import os
import signal
import sys
import traceback
from pathlib import Path

from contract.output import say
from gate.errors import GateError, InterruptedGateError, Status, interrupt
from gate.request import read
from gate.run import GATE, run
from load.errors import SIGNALS

ROOT = Path(__file__).parents[1]
SUMMARY = "GITHUB_STEP_SUMMARY"  # names the file that GitHub shows beside a job


def main() -> int:
    try:
        for number in SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:  # as under nohup
                signal.signal(number, interrupt)
        found = run(ROOT, read())  # reading loads Snakemake, which takes a while
        found.write(ROOT / GATE)
        _say(found.markdown())
    except GateError as error:
        return _end(str(error), error.status)
    except InterruptedGateError as error:
        return _end(f"the gate was {error}", error.status)
    except OSError as error:
        return _end(f"{error.filename}: {error.strerror}", Status.UNDECIDED)
    except Exception:
        # Python would end with 1, which would say that a server is slower.
        traceback.print_exc()
        return Status.UNDECIDED
    return found.status


def _say(markdown: str) -> None:
    """Print what was found, and add it to a summary if there is to be one.

    A summary that cannot be written changes no verdict.
    """
    say(markdown)
    if summary := os.environ.get(SUMMARY):
        try:
            with Path(summary).open("a", encoding="utf-8") as file:
                file.write(markdown)
        except OSError as error:
            print(f"firstfail: {SUMMARY}={summary}: {error.strerror}", file=sys.stderr)


def _end(text: str, status: int) -> int:
    print(f"firstfail: {text}", file=sys.stderr)
    return status


if __name__ == "__main__":
    sys.exit(main())

"""`python -m conf.cleaning`: results are removed, once somebody has said so.

Rules of this module:
- Measuring takes hours, so nothing measured goes without an answer from a person. Where
  nobody can be asked, it stays.
- What a study writes into is not removed below it.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from conf.plan.turn import NAME, took

OUTPUTS = Path("outputs")


def clean(outputs: Path) -> str:
    """Remove `outputs` if that is wanted; return what was done, or why it was not."""
    if not outputs.exists():
        return f"no {outputs}/ here"
    path = outputs / NAME
    with path.open("a") as lock:
        if not took(lock.fileno(), path):
            return f"{outputs}/ is kept: a study is running in it"
        cells = sum(1 for _ in outputs.glob("runs/**/run.json"))
        if cells and not _wanted(f"Remove {outputs}/, with {cells:,} measured cells?"):
            return f"{outputs}/ is kept"
        shutil.rmtree(outputs)
    return f"{outputs}/ is removed"


def _wanted(question: str) -> bool:
    print(f"{question} [y/N] ", end="", flush=True)
    answer = sys.stdin.readline()
    if not answer.endswith("\n"):
        print()
    return answer.strip().lower() in {"y", "yes"}


if __name__ == "__main__":
    try:
        print(f"firstfail: {clean(OUTPUTS)}")
    except OSError as error:
        sys.exit(f"firstfail: {error.filename}: {error.strerror}")
    except KeyboardInterrupt:
        sys.exit(130)

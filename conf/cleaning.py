"""`python -m conf.cleaning`: removes results, after asking.

Rules of this module:
- Measuring takes hours, so measured results are removed only if a person answers yes.
  Without an answer they are kept.
- Results are kept while a study is writing into them.
- A link is kept, with what it leads to: others may have put something there.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from conf.plan.turn import NAME, try_lock

OUTPUTS = Path("outputs")


def clean(outputs: Path) -> str:
    """Remove `outputs` if the user agrees; return what was done, or why it was not."""
    if outputs.is_symlink():
        return (
            f"{outputs}/ is kept: it is a link to {outputs.readlink()}: remove the "
            "link, and what you don't need there, by hand"
        )
    if not outputs.exists():
        return f"no {outputs}/ here"
    path = outputs / NAME
    with path.open("a") as lock:
        if not try_lock(lock.fileno(), path):
            return f"{outputs}/ is kept: a study is running in it"
        cells = sum(1 for _ in outputs.glob("runs/**/run.json"))
        if cells and not _agreed(f"Remove {outputs}/, with {cells:,} measured cells?"):
            return f"{outputs}/ is kept"
        shutil.rmtree(outputs)
    return f"{outputs}/ is removed"


def _agreed(question: str) -> bool:
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

"""What is shown of a run where there is no terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from contract.record import REQUESTS_COLUMNS
from load.progress.progress import PLAIN_EVERY_S, Progress

ROW = "0.1,10,1.0,2.0,200,100,1,\n"  # with one user


@pytest.mark.parametrize("quiet", [False, True])
def test_who_wants_it_quiet_sees_nothing(
    quiet: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record = tmp_path / "requests.csv"
    record.write_text(",".join(REQUESTS_COLUMNS) + "\n" + ROW)
    with Progress("cell 1 of 1", quiet=quiet) as progress:
        progress.wait()
        progress.begin()
        progress.begin_load(record, 5)
        progress.read -= PLAIN_EVERY_S
        progress.shown -= PLAIN_EVERY_S
        progress.update()
        progress.end_load()
    said = capsys.readouterr().err.splitlines()
    if quiet:
        assert said == []
    else:
        waited, shown = said
        assert waited.startswith("cell 1 of 1: waiting")
        assert "s, 1 user, 0 RPS, 0 failed, p95 10 ms, at most" in shown

"""What Snakemake logs, as a person wants to see it.

Rules of this module:
- Of what Snakemake has to say, warnings and errors are passed on, whole. The rest is in
  its log, and is passed on where it was asked for. Lines of our own take its place.
- Nothing is drawn anew here: a line that was written stays. Runs draw what changes.
- The handler is called by whoever logs, so lines stand in the order in which things
  happen. Snakemake would call the handler of a plugin in a thread of its own.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.text import Text

from contract.terminal import can_redraw, duration
from contract.text import numbered, one_line
from terminal.cell_lines import Rows, read_result, sentence
from terminal.ending import how_far, show
from terminal.job_log import said
from terminal.study import Study

# What Snakemake says, where it gives no event.
NOTHING_TO_DO = "Nothing to be done"
INTERRUPTED = "Terminating processes on user request"


@dataclass(frozen=True)
class Told:
    """What is told of rules: `measure` is that of cells, `steps` has words of others.

    `is_servers` tells whether the server was a limit.
    """

    measure: str
    steps: Mapping[str, str]
    is_servers: Callable[[str], bool]


class Screen(logging.Handler):
    """Shows how `study` goes, in place of `own`, a handler of Snakemake's.

    `own` is called for warnings and errors; for all that is said, if `everything`.
    """

    def __init__(
        self, study: Study, told: Told, own: logging.Handler, everything: bool
    ) -> None:
        super().__init__()
        self.study = study
        self.told = told
        self.own = own
        self.everything = everything
        self.interrupted = False
        self.jobs: dict[int, tuple[str, str]] = {}  # the rule and the cell
        self.logs: dict[int, list[str]] = {}  # those of a rule
        self.begun: set[str] = set()  # steps of which some take several jobs
        self.held: list[logging.LogRecord] | None = []  # until a study begins
        own.setFormatter(_Escaping(own.formatter))
        self.console = Console(stderr=True, highlight=False)
        self.redraws = self.console.is_terminal and can_redraw(sys.stderr)
        labels = [study.labels[cell] for cell in study.unmeasured]
        self.headed = 0  # the width that the last heading is for
        self.rows = Rows(len(study.cells), labels, told.is_servers)

    def emit(self, record: logging.LogRecord) -> None:
        reacts = {
            "run_info": self._begin,
            "job_info": self._begin_job,
            "job_finished": self._finish_job,
            "job_error": self._fail_job,
            "": self._hear,
        }
        try:
            if react := reacts.get(str(getattr(record, "event", None) or "")):
                react(record)
        except Exception:  # Snakemake's work goes on without what is shown of it
            self.handleError(record)
        self._pass_on(record)

    def _pass_on(self, record: logging.LogRecord) -> None:
        is_trouble = record.levelno >= logging.WARNING and not self.interrupted
        if is_trouble or self.everything:
            self.own.handle(record)
        elif self.held is not None:
            self.held.append(record)
        if is_trouble:
            self.held = None

    def close(self) -> None:
        """Pass on what was said where no study began: that was what was asked for."""
        held, self.held = self.held or [], None
        for record in held:
            self.own.handle(record)
        self.own.close()
        super().close()

    def _begin(self, record: Any) -> None:
        self.held = None
        count = record.stats.get(self.told.measure, 0)
        self.study.begin(count)
        if count:
            cells = numbered(f"{len(self.study.cells):,} cell(s)")
            are = "is" if count == 1 else "are"
            left = duration(self.study.left_s())
            self._say(f"{count:,} of {cells} {are} to be measured: about {left}")

    def _begin_job(self, record: Any) -> None:
        rule = record.rule_name
        self.jobs[record.jobid] = rule, record.wildcards.get("cell", "")
        self.logs[record.jobid] = list(record.log)
        if rule in self.told.steps and rule not in self.begun:
            self.begun.add(rule)
            self._say(self.told.steps[rule])

    def _finish_job(self, record: Any) -> None:
        rule, cell = self.jobs.get(record.job_id, ("", ""))
        if rule != self.told.measure:
            return
        study = self.study
        study.finish(cell)
        label, number, cells = study.labels[cell], study.numbers[cell], len(study.cells)
        left = f"about {duration(study.left_s())}" if study.left else ""
        result = read_result(study.folder(cell))
        if self.redraws:
            width = self.console.width
            if width != self.headed:  # it has other columns than the row above it
                self.console.print(self.rows.heading(width))
                self.headed = width
            row = self.rows.row(f"{number}/{cells}", label, result, left, width)
            self.console.print(row)
        else:
            self._say(sentence(f"cell {number} of {cells}, {label}", result, left))

    def _fail_job(self, record: Any) -> None:
        rule, cell = self.jobs.get(record.jobid, ("", ""))
        if rule == self.told.measure:
            self.study.fail(cell)
        elif rule in self.told.steps:
            self.study.failed_steps.append(self.told.steps[rule])
        if self.redraws:
            self.console.show_cursor()  # a run that was killed has left it hidden
        own = self.logs.get(record.jobid, [])
        for line in said(log for log in record.log if log not in own):
            self._say(line)

    def _hear(self, record: logging.LogRecord) -> None:
        text = str(record.msg)
        if text.startswith(NOTHING_TO_DO):
            self.held = None
            self._say("Nothing to be done: all that was asked for is there")
            self.succeed()
        elif text.startswith(INTERRUPTED):
            self.interrupted = True

    def expected(self, cell: str) -> str:
        """Return the options that tell a run how long it and the rest will take."""
        about_s, rest_s = self.study.expected_s(cell), self.study.left_s(cell)
        return f"--expected {about_s:.0f} --rest {rest_s:.0f}"

    def succeed(self) -> None:
        """Show the tables, and where the rest is."""
        if self.study.is_complete:
            sys.stderr.flush()
            show(self.study, Console(highlight=False))

    def fail(self, logs: Sequence[str]) -> None:
        """Show how far the study came; `logs` are Snakemake's."""
        for line in how_far(self.study, self.interrupted, logs):
            self._say(line)

    def _say(self, text: str) -> None:
        self.console.print(Text(one_line(text)), soft_wrap=True)


class _Escaping(logging.Formatter):
    """Formats a record as `own` does; what others wrote moves no cursor."""

    def __init__(self, own: logging.Formatter | None) -> None:
        super().__init__()
        self.own = own or logging.Formatter()

    def format(self, record: logging.LogRecord) -> str:
        return "\n".join(map(one_line, self.own.format(record).split("\n")))

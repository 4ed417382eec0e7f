"""Joins the parts for the Snakefile: the plan, the commands of steps, what is shown.

Rules of this module:
- It knows all parts, as the Snakefile does, and decides nothing. `conf/plan/plan.py`
  plans, `analysis/catalogue.py` knows the tables and charts, and `load/` measures.
- An error ends Snakemake with one line for the user.
- A dry run loads every import of this module, so it has few.
"""

from __future__ import annotations

import gc
import os
import shlex
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from conf.errors import MatrixError
from conf.surroundings import prepare
from contract import record
from contract.settings import RUNNER
from load.errors import CellError
from load.host.allocation import without_job
from load.host.environment import let_no_python_be_told
from load.network.trial import Trial, refused

if TYPE_CHECKING:
    from analysis.archives.shelf import Kept
    from conf.plan.plan import Parts, Plan
    from terminal.screen import Screen
    from terminal.silent import Silent
    from terminal.study import Study

ANALYSIS = ("analysis", "contract")  # the code that makes results
CONFORMANCE = ("conformance",)  # the code that tries how servers conform
SNAKEMAKES_HANDLER = "DefaultStreamHandler"  # which writes to the terminal
OF_CELLS = "rule_measure"  # how Snakemake begins the comment of the job of a cell
STEPS = {
    "try_server": "Trying how servers conform to HTTP/1.1",
    "comparisons": "Making tables and charts",
    "report": "Making the report",
    "archive": "Making the archive",
}
# The rules that are asked for alone if nothing is to be measured.
REPORT, ARCHIVE, TRIALS = "report", "archive", "conformance"
OBJECTS = 100_000  # new objects after which Python collects garbage


def planned(config: dict[str, Any], basedir: str, directory: Path | None) -> Plan:
    """Return the plan of the request on the command line, ready to be carried out.

    `basedir` is the project's folder. Snakemake's `config` gets all settings of the
    command line, and `directory` is the one of `--directory`. Warnings are printed.
    Files are written only if something is to be run.
    """
    root = Path(basedir)
    # A plan has millions of objects, all of which live until the end. Collecting
    # garbage at Python's usual rate would take a sixth of the time.
    gc.set_threshold(OBJECTS)
    let_no_python_be_told()
    # The trial runs while the imports below are loaded.
    namespaces = Trial()
    try:
        prepare(sys.executable, root)
        # These load libraries, whose names it may have refused.
        from conf import command_line
        from conf.plan.archives import STUDY
        from conf.plan.job import plan_job
        from conf.plan.recorded import plan_archives, plan_packing, plan_report
        from conf.plan.request import plan
        from load.host.interrupt import pass_on_to_children

        request = command_line.request(config, sys.argv[1:], root, directory)
        tries = request.cell is not None or not request.elsewhere
        parts = _parts(root, namespaces, tries)
        if request.cell is not None:
            if request.elsewhere:  # it starts another Snakemake, which measures
                from load.host.guard import die_with_parent

                die_with_parent()
            return plan_job(request.cell, parts)
        if request.targets == [REPORT]:
            whole = plan_report(config, parts)
        elif request.targets == [ARCHIVE]:
            whole = plan_packing(config, parts)
        elif config.get("study") == STUDY:
            whole = plan_archives(config, parts, _opened(request.runs))
        else:
            whole = plan(config, root, parts, measures=request.targets != [TRIALS])
        _check_notes(whole.report["notes"])
        for warning in whole.warnings:
            print(f"firstfail: {warning}", file=sys.stderr)
        if request.runs:
            whole.write()
            if request.elsewhere:
                _end_left_jobs()
    except (MatrixError, CellError) as error:
        sys.exit(f"firstfail: {error}")
    if not request.elsewhere:
        pass_on_to_children()
    return whole


def _end_left_jobs() -> None:
    from load.host.left_jobs import end_left_jobs

    if left := end_left_jobs(Path.cwd(), OF_CELLS):
        numbers = ", ".join(left)
        print(f"firstfail: ended jobs of an earlier study: {numbers}", file=sys.stderr)


def _check_notes(path: str | None) -> None:
    """Raise `MatrixError` if a report cannot have this file, before anything runs."""
    if path is None:
        return
    from analysis.files import DataError
    from analysis.report.notes import read_notes

    try:
        read_notes(Path(path))
    except DataError as error:
        raise MatrixError(str(error)) from None


def _opened(is_kept: bool) -> Callable[[Path], Kept]:
    """Return what opens an archive, and keeps it if something is to be run."""
    from analysis.archives.shelf import kept, looked_at
    from analysis.files import DataError
    from conf.plan.plan import OUTPUTS

    def opened(path: Path) -> Kept:
        try:
            return kept(path, OUTPUTS) if is_kept else looked_at(path)
        except DataError as error:
            raise MatrixError(str(error)) from None

    return opened


def _parts(root: Path, namespaces: Trial, tries: bool) -> Parts:
    """Return the parts; networks are tried only where this host is to have them."""
    from analysis import catalogue
    from conf.plan.plan import Parts, code_of
    from load.host.owner import kept_out

    [no_namespaces] = namespaces.why_not()

    def why_not(networks: Iterable[dict[str, Any]]) -> str | None:
        wanted = list(networks) if tries else []
        return without_job(wanted) or refused(wanted, no_namespaces)

    return Parts(
        runner=RUNNER,
        conformance=CONFORMANCE,
        record=record.FILES,
        results=record.RESULTS,
        analysis=code_of(ANALYSIS, root),
        comparisons=catalogue.announced,
        reports=catalogue.REPORTS,
        taken_names=catalogue.taken_names(),
        no_namespaces=no_namespaces,
        refused=why_not,
        kept_out=kept_out,
    )


def screen(workflow: Any, plan: Plan) -> Screen | Silent:
    """Show how the study goes, in place of what Snakemake says.

    In a dry run, and where the user wants Snakemake to be quiet, or has another logger,
    Snakemake says what it would. Runs are quiet where its progress is.
    """
    from snakemake.logging import is_quiet_about, logger

    settings = workflow.output_settings
    own = next((h for h in logger.handlers if h.name == SNAKEMAKES_HANDLER), None)
    if plan.is_job or settings.dryrun or settings.quiet or own is None:
        from terminal.silent import Silent

        return Silent(is_quiet_about(settings.quiet or (), "progress"))
    from analysis.limits import is_known, is_servers
    from terminal.screen import Screen, Told

    told = Told("measure", STEPS, lambda limit: is_known(limit) and is_servers(limit))
    if settings.nocolor:
        os.environ["NO_COLOR"] = "1"  # for runs, too
    everything = settings.verbose or settings.printshellcmds or settings.debug_dag
    shown = Screen(_study(plan), told, own, everything)
    logger.removeHandler(own)
    logger.addHandler(shown)
    if plan.measures:
        workflow.onsuccess(lambda log: shown.succeed())
        workflow.onerror(shown.fail)
    return shown


def _study(plan: Plan) -> Study:
    from analysis.catalogue import TABLES
    from analysis.configurations import experiments
    from conf.plan.plan import OUTPUTS
    from terminal.study import Study

    return Study(
        cells={cell: plan.cells[cell] for cell in plan.order},
        labels=plan.labels,
        unmeasured=plan.files.unmeasured,
        experiments=experiments(list(plan.cells.values())),
        outputs=OUTPUTS,
        reports=[Path(name) for name in plan.reports],
        tables=Path(plan.files.folder, TABLES),
        stamp=Path(plan.files.stamp),
        archive=Path(plan.archive),
    )


def cores(workflow: Any) -> int:
    """Return how many cores a run takes: all, since nothing may run beside it.

    A job on a cluster has a host for itself, and learns there how many that has.
    """
    return int(workflow.global_resources["_cores"].value or 1)


def commands(basedir: str, plan: Plan) -> tuple[str, str, str]:
    """Return the folder of the request, the command of a run, and that of analysis.

    Both commands import the modules of this project, whatever folder Snakemake runs in.
    A run makes the results of its record before the record appears. Both take the place
    of the shell that starts them: what tells Snakemake to end reaches them.
    """
    here, python, project = map(shlex.quote, (str(Path.cwd()), sys.executable, basedir))
    verify = f"{python} -m conf.plan.sources {' '.join(RUNNER)}"
    analyse = f"{python} -m analysis cell --code {plan.parts.analysis}"
    measure = (
        f"cd {project} && exec {python} -m load"
        f" --verify-with {shlex.quote(verify)} --post-process {shlex.quote(analyse)}"
    )
    return here, measure, f"exec env PYTHONPATH={project} {python} -P -m analysis"


def conformance_commands(basedir: str) -> tuple[str, str]:
    """Return the command of a trial, and that of showing what trials have found."""
    python, project = map(shlex.quote, (sys.executable, basedir))
    command = f"env PYTHONPATH={project} {python} -P -m"
    verify = f"{command} conf.plan.sources {' '.join(CONFORMANCE)}"
    tries = f"exec {command} conformance try --verify-with {shlex.quote(verify)}"
    return tries, f"{command} conformance show"

"""The plan of a job on a cluster: one cell, as the study has written it down."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import pytest

from conf.errors import MatrixError
from conf.plan.job import plan_job
from conf.plan.plan import Plan
from tests.conf.plan.test_plan import PARTS, elsewhere, planned

__all__ = ["elsewhere"]


@pytest.fixture
def study() -> Plan:
    """A study that has begun."""
    made = planned()
    made.write()
    return made


def test_a_job_has_the_cell_and_the_files_of_its_study(study: Plan) -> None:
    cell = study.order[-1]
    job = plan_job(cell, PARTS)
    assert job.cells == {cell: study.cells[cell]}
    assert (job.config(cell), job.record) == (study.config(cell), study.record)
    assert "cell 1 of" not in job.label(cell)


def test_a_job_sees_no_settings_and_waits_for_no_turn(study: Plan) -> None:
    """Its study holds the lock of the folder, and has resolved `network=auto`."""
    cell = study.order[0]
    job = plan_job(cell, dataclasses.replace(PARTS, no_namespaces="none here"))
    assert job.cells[cell]["network"]["kind"] == "netns"


def test_what_a_host_lacks_is_found_on_that_host(study: Plan) -> None:
    without = dataclasses.replace(PARTS, refused=lambda networks: "no netem here")
    with pytest.raises(MatrixError, match="no netem here"):
        plan_job(study.order[0], without)


def test_results_that_a_host_does_not_have(study: Plan) -> None:
    shutil.rmtree(Path("outputs"))
    with pytest.raises(MatrixError, match=r"outputs/configs/\w+\.json.*shared"):
        plan_job(study.order[0], PARTS)

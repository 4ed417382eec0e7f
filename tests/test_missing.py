"""A suite that is not whole says so, and what makes it whole."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.missing import PACKAGES, how, not_tried

BROWSER = "chromium-headless-shell"
SLURM = ("slurmctld", "munged")
REASON = re.compile(r"""(?:skip\(\s*f?|reason=f?)"([^"]+)\"""")


def test_a_line_for_each_reason() -> None:
    nginx = "/usr/sbin/nginx is not here"
    skipped = [("load/test_servers.py", nginx)] * 2
    skipped += [("e2e/test_idle_peers.py", nginx), ("load/test_x.py", "of no matter")]
    assert not_tried(skipped) == [
        "2 of load/test_servers.py, 1 of e2e/test_idle_peers.py: /usr/sbin/nginx is "
        "not here: apt install nginx-light",
        "1 of load/test_x.py: of no matter",
    ]
    assert not_tried([]) == []


def test_what_ci_installs_is_known() -> None:
    installed = {"/usr/sbin/nginx", "/usr/sbin/sshd", "node", "cc", BROWSER, *SLURM}
    assert set(PACKAGES) == installed


def test_of_each_reason_it_is_known_what_to_do(root: Path) -> None:
    reasons = [
        reason
        for path in (root / "tests").rglob("test_*.py")
        if path != Path(__file__)
        for reason in REASON.findall(path.read_text())
    ]
    assert len(reasons) > 10
    programs = [reason for reason in reasons if re.match(r"{\w+\[", reason)]
    assert not [r for r in reasons if r not in programs and not how(r)]


def test_it_is_said_at_the_end(root: Path, tmp_path: Path) -> None:
    """By a suite of one test, with the hooks of this one."""
    suite = tmp_path / "test_one.py"
    suite.write_text("import pytest\ndef test():\n    pytest.skip('no IPv6 here')\n")
    alone = ("-c", str(root / "pyproject.toml"), "-o", "addopts=", "-p", "no:xdist")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *alone, "-p", "tests.conftest", str(suite)],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    told = done.stdout.partition("not tried here")[2].splitlines()[1]
    assert told.startswith("1 of ")
    assert told.endswith(f": no IPv6 here: {how('IPv6')}")

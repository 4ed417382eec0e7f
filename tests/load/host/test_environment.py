"""What is around a run and not in its cell: it changes nothing of what is measured."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from load.host.environment import ALIKE, PASSED_ON, passed_on
from load.host.locust_home import LOCUST
from load.host.run_token import VARIABLE
from tests.load.conftest import finish, requests

ROOT = Path(__file__).parents[3]
SETTINGS = {  # files that Locust reads settings from, each of which would end the run
    "home/.locust.conf": "tags = x\n",
    "a, b/locust.conf": "run-time = 1\nusers = 1\n",
    "a, b/pyproject.toml": "[tool.locust]\nprocesses = 2\n",
}
AROUND = {
    "LOCUST_RUN_TIME": "1",
    "LOCUST_SKIP_MONKEY_PATCH": "1",
    "GEVENT_RESOLVER": "no-such",
    "http_proxy": "http://127.0.0.1:9",
    "OPENSSL_CONF": "/no/such",
    "PYTHONMALLOC": "debug",
    "PYTHONOPTIMIZE": "2",
    "WEB_CONCURRENCY": "7",
    "LC_ALL": "tr_TR.UTF-8",
}
# What a Python runs at its start, in a folder that PYTHONPATH names. It tells of it.
SITE = """\
import os, sys
with open(os.path.join(os.path.dirname(__file__), "told"), "a") as file:
    print(*sys.orig_argv[1:4], file=file)
"""
SERVER = """\
import os, sys
print(*sorted(os.environ), flush=True)
sys.argv[0] = "servers"
from servers.__main__ import main
main()
"""


def test_what_is_passed_on() -> None:
    around = {**AROUND, "PATH": "/bin", "HOME": "/home/ada"}
    assert passed_on(around) == {
        "PATH": "/bin",
        "HOME": "/home/ada",
        "LANG": "C.UTF-8",
        "PYTHONNOUSERSITE": "1",
    }


def test_nothing_around_a_run_changes_it(
    config: Callable[..., Path],
    run: Callable[..., subprocess.Popen[str]],
    tmp_path: Path,
) -> None:
    """In a checkout whose path has a comma, at which Locust would split it."""
    checkout = tmp_path / "a, b"
    for part in ("contract", "load", "servers"):
        shutil.copytree(
            ROOT / part, checkout / part, ignore=shutil.ignore_patterns("__pycache__")
        )
    for name, text in {
        **SETTINGS,
        "site/sitecustomize.py": SITE,
        "server.py": SERVER,
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    command = (
        f"env PYTHONPATH={{root}} {{python}} {tmp_path / 'server.py'} select --host "
        "{host} --port {port} {options}"
    )
    path = config(impl__command=command, load__client="http")
    environment = {
        **os.environ,
        **AROUND,
        "HOME": str(tmp_path / "home"),
        "PYTHONPATH": str(tmp_path / "site"),
    }
    start = 'cd "$0" && python=$1 && shift 3 && exec "$python" -m load "$@"'
    go_there = ["sh", "-c", start, str(checkout)]
    finish(run(path, prefix=go_there, env=environment))
    cell = tmp_path / "cell"
    assert [row["error"] for row in requests(cell)] == [""] * 60
    told = json.loads((cell / "run.json").read_text())
    assert told["stopped"]["reason"] == "requests"
    # The runner alone was started in that environment, by whoever started it.
    assert (tmp_path / "site" / "told").read_text() == f"-m load {path}\n"
    seen = set((cell / "server.log").read_text().split("\n")[0].split())
    assert seen <= {*PASSED_ON, *ALIKE, VARIABLE, "PYTHONPATH"}


TELL = "import pathlib\npathlib.Path(__file__).with_suffix('.told').touch()\n"
OF_GEVENT = "[gevent.plugins.monkey.will_patch_all]\nown = of_gevent:tell\n"
INSTALLED = {
    "locust_plugins.py": TELL,
    "of_gevent.py": f"{TELL}\ndef tell(event):\n    pass\n",
    "own-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: own\nVersion: 1\n",
    "own-1.dist-info/entry_points.txt": OF_GEVENT,
    "firstfail.pth": f"{sysconfig.get_path('purelib')}\n",
}


def test_no_plugin_changes_locust(tmp_path: Path) -> None:
    """Both would be told of if Locust was started as it is."""
    venv.create(tmp_path, symlinks=True)
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(tmp_path)}))
    for name, text in INSTALLED.items():
        (packages / name).parent.mkdir(exist_ok=True)
        (packages / name).write_text(text)

    def told(*words: str) -> set[str]:
        command = [str(tmp_path / "bin" / "python"), *words, "--version"]
        subprocess.run(command, check=True, capture_output=True)
        return {path.stem for path in packages.glob("*.told")}

    assert told(*LOCUST[1:]) == set()
    assert told("-I", "-m", "locust") == {"locust_plugins", "of_gevent"}


def test_locust_does_not_load_what_makes_its_pages() -> None:
    """No cell shows them."""

    def loaded(*words: str) -> set[str]:
        command = [sys.executable, "-X", "importtime", *words, "--version"]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        told = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
        assert "locust.runners" in told
        return told & {"flask", "jinja2"}

    assert loaded(*LOCUST[1:]) == set()
    assert loaded("-I", "-m", "locust") == {"flask", "jinja2"}


def test_python_collects_garbage_of_users_and_not_of_what_locust_loads(
    tmp_path: Path,
) -> None:
    locustfile = tmp_path / "tell.py"
    tells = "print('garbage', gc.isenabled(), gc.get_freeze_count() > 10_000)\n"
    imports = f"import gc\n{tells}from load.locustfile import *\n{tells}"
    locustfile.write_text(f"import sys\nsys.path.append({str(ROOT)!r})\n{imports}")
    done = subprocess.run(
        [*LOCUST, "--locustfile", str(locustfile), "--list"],
        check=True,
        capture_output=True,
        text=True,
    )
    told = [line for line in done.stdout.splitlines() if line.startswith("garbage")]
    assert told == ["garbage False False", "garbage True True"]


# Each ends early, with what cannot be carried out.
PIPELINE = (
    "import pipeline; sys.argv[1:] = ['users=1']; pipeline.planned({}, '.', None)"
)
GATE = (
    "from gate.run import run; from gate.request import Request; "
    "run(Path.cwd(), Request('no-such-commit', {}, 1, '5%'))"
)


@pytest.mark.parametrize("start", [PIPELINE, GATE], ids=["study", "gate"])
def test_no_python_is_told_how_to_run(start: str) -> None:
    code = (
        "import contextlib, os, sys\n"
        "from pathlib import Path\n"
        "with contextlib.suppress(Exception, SystemExit):\n"
        f"    {start}\n"
        "print(*[name for name in os.environ if 'PYTHON' in name or name == 'MINE'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "PYTHONUTF8": "1", "PYTHONNODEBUGRANGES": "1", "MINE": "x"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == ["MINE"]


def test_no_python_runs_what_lies_below_home(tmp_path: Path) -> None:
    """Outside of a virtual environment, where it would."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    packages = tmp_path / ".local" / "lib" / version / "site-packages"
    packages.mkdir(parents=True)
    (packages / "usercustomize.py").touch()

    def is_run(environment: dict[str, str]) -> str:
        code = "import sys; print('usercustomize' in sys.modules)"
        words = [sys._base_executable, "-c", code]
        return subprocess.check_output(words, env=environment, text=True).strip()

    home = {"HOME": str(tmp_path)}
    assert is_run(home) == "True"
    assert is_run(passed_on(home)) == "False"


@pytest.mark.parametrize("impl", ["gunicorn", "gunicorn_gthread"])
def test_gunicorn_reads_no_settings_that_lie_about(impl: str, tmp_path: Path) -> None:
    peers = tmp_path / "peers"
    shutil.copytree(ROOT / "peers", peers)
    (peers / "gunicorn.conf.py").write_text("max_requests = 50\n")
    filled = {"python": sys.executable, "host": "127.0.0.1", "scratch": tmp_path}
    own = {"port": 0, "backlog": 5, "cores": 1}
    shared = {"keep_alive": False, "request_timeout_s": 10}
    command = yaml.safe_load((ROOT / "conf" / "impl" / f"{impl}.yaml").read_text())
    words = command["command"].format(**filled, **own, **shared).split()
    said = subprocess.check_output(
        [*words, "--print-config"],
        cwd=peers,
        env={**passed_on(os.environ), "PAGE_FILE": str(peers / "app.py")},
        text=True,
    )
    assert re.search(r"^max_requests += 0$", said, re.MULTILINE), said

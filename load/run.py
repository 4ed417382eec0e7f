"""One run, from a cell's configuration to its folder.

The way of it: wait for the host to be free → start the server and wait until it
answers → open the idle connections, if any → start Locust and watch both until the
run's rule ends it → stop the server → let another command read the record → put the
folder in place.

Rules of this module:
- The folder appears at once and complete, by one rename, or not at all. Logs
  alone are written in place, so that a failed run can be read.
- Nothing of the run outlives it (`guard.py`), and no two overlap (`lock.py`).
- What can't be measured raises `CellError`; being told to end, `InterruptedRunError`.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from contract import record as files
from contract import stops
from load import ROOT
from load import locust_command as generator
from load.errors import CellError, InterruptedRunError, ServerError
from load.host.cores import choose_cores
from load.host.guard import end_leftovers, guarded
from load.host.limits import most_users, raise_open_files
from load.host.lock import only_run_on_host
from load.host.owner import NOT_OURS, not_ours
from load.host.process import Ending, cut, last_line, start
from load.host.removal import remove
from load.idle.process import Holder
from load.network.namespaces import Network, join
from load.network.ports import choose_port, is_listened_on, wait_for_port
from load.progress import Progress
from load.recording.record import STOPPED
from load.server import running as server
from load.server.command import Place, command, count_cores, prepare, version
from load.server.page import expected, write_page
from load.server.preflight import Page, Preflight
from load.telemetry.machine import Machine
from load.telemetry.provenance import provenance
from load.telemetry.readings import Telemetry, children_usage

POLL_S = 0.1
STOPPING_S = 15.0  # for Locust to end once its rule has been met
LEAST_FREE_BYTES = 20_000_000  # a record of 300,000 requests


@dataclass(frozen=True)
class Run:
    """A run of the cell that `config` describes, into `folder`.

    `logs` is the folder of the logs while it runs, `label` what its progress
    begins with, `parent` the process that it ends with, if any, `check` the words of a
    command that fails where the record is not of what was asked for, and `then` those
    of one that reads it.
    """

    config: dict[str, Any]
    folder: Path
    logs: Path
    label: str
    parent: int | None = None
    check: Sequence[str] = ()
    then: Sequence[str] = ()

    @property
    def scratch(self) -> Path:
        return self.folder.with_name(f".{self.folder.name}.unfinished")

    def measure(self) -> None:
        """Measure the cell, unless its folder is there already."""
        with only_run_on_host(self.tick, self.say_waiting):
            if all((self.folder / name).is_file() for name in files.FILES):
                return  # another run has measured it while this one waited
            if left := end_leftovers():
                self.say(left)
            try:
                self.prepare_folders()
                with guarded(self.scratch) as environment:
                    self.measure_into_scratch(environment)
                    self.check_record()
                    self.read_record()
                    self.put_in_place()
            except OSError as error:
                if error.errno in (errno.ENOSPC, errno.EDQUOT):
                    raise CellError(
                        f"the disk that holds {self.folder} is full"
                    ) from None
                if error.errno in NOT_OURS and error.filename:
                    raise CellError(not_ours(error)) from None
                raise

    def tick(self) -> None:
        """To be called while waiting: end when what started the run has ended."""
        if self.parent is not None and os.getppid() != self.parent:
            raise InterruptedRunError("what started the run has ended", 1)

    def say_waiting(self) -> None:
        self.say("waiting for another run on this host to end")

    def say(self, what: str) -> None:
        print(f"{self.label}: {what}", file=sys.stderr, flush=True)

    def prepare_folders(self) -> None:
        remove(self.scratch)
        self.scratch.mkdir(parents=True)
        self.logs.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(self.scratch).free
        if free < LEAST_FREE_BYTES:
            raise CellError(
                f"the disk that holds {self.folder} is full: a run needs "
                f"{LEAST_FREE_BYTES // 10**6} MB and {free / 1e6:.1f} MB are free"
            )

    def measure_into_scratch(self, environment: dict[str, str]) -> None:
        config = self.config
        cores = choose_cores(config["load"]["processes"])
        server_cores, locust_cores = cores if cores else (None, None)
        if locust_cores:  # the runner's own work is not the server's to bear
            os.sched_setaffinity(0, locust_cores)
        most = most_users(config["users"], config["idle"])
        raise_open_files(most, config["idle"])
        network = join(config)
        found = provenance(ROOT, network.sysctls())
        with network.on_server_side():
            port = choose_port(network.host, config["server"]["port"])
            wait_for_port(network.host, port, self.tick, self.say)
        place = Place(
            host=network.host,
            port=port,
            root=ROOT,
            page_file=self.scratch.absolute() / "page.html",
            scratch=self.scratch.absolute() / "server",
            cores=count_cores(server_cores),
            environment=environment,
        )
        found["cores"] = {"server": server_cores, "locust": locust_cores}
        try:
            run = self.measure_server(place, network, cores, most, found)
        except ServerError as error:
            if config["impl"]["submission"] is None:
                raise
            with network.on_server_side():
                if is_listened_on(network.host, port):
                    raise CellError(
                        f"something else listens on {network.host} port {port} since "
                        f"it was chosen for the server: {error}"
                    ) from None
            run = self.not_measured(error)
        self.write_run({"version": files.VERSION, **run, "provenance": found})

    def measure_server(
        self,
        place: Place,
        network: Network,
        cores: tuple[list[int], list[int]] | None,
        most: int,
        found: dict[str, Any],
    ) -> dict[str, Any]:
        """Start the server, load it and stop it; return what is told of the run.

        There are `most` users at most. What it was done with is added to `found`.
        """
        config, host, port = self.config, place.host, place.port
        server_cores, locust_cores = cores if cores else (None, None)
        write_page(config, place.page_file, place.environment)
        body = expected(config, place.page_file)
        prepare(config, place)
        started_as = command(config, place)
        record = self.scratch.absolute()
        locust_words = generator.words(config, (host, port), body, record, most)
        idle = Holder(config, (host, port), self.scratch, self.logs)
        found["commands"] = {"server": started_as.words, "locust": locust_words}
        found["versions"]["server"] = version(config, place)
        log = self.logs / files.SERVER_LOG
        with server.running(
            started_as, log, server_cores, network.go_to_server_side
        ) as running:
            telemetry = Telemetry(network, port, running.process.pid, cores)
            machine = Machine(cores, running.process.pid)
            page = Page.of(config, body)

            def tick() -> None:
                self.tick()
                running.check_log()

            def tick_alive() -> None:
                tick()
                running.check_alive("crashed")

            preflight = Preflight(running, config, (host, port), page, tick)
            preflight.check()
            with idle.holding(place.environment, locust_cores, tick_alive):
                machine.begin()
                found["started"] = datetime.now(UTC).isoformat(timespec="seconds")
                self.run_locust(
                    locust_words, place.environment, locust_cores, running, telemetry
                )
                crashed = running.death()
                measured = telemetry.end()
                held = idle.end()
            before = children_usage()
            found["server_end"] = crashed or running.stop(config["server"]["stop_s"])
            if crashed is None:
                after = children_usage()
                measured["server"] = {
                    name: after[name] - before[name] for name in after
                }
        return {
            "stopped": self.stopped(crashed),
            "crashed": crashed,
            "bare_lf": preflight.bare_lf,
            "idle": held,
            "telemetry": measured,
            "machine": machine.end(),  # the server is gone
        }

    def not_measured(self, error: ServerError) -> dict[str, Any]:
        """Make that a submission can't be measured its result."""
        self.say(f"not measured: {error}")
        # Where it was ended under the load, what was read until then is of no run.
        for path in self.scratch.iterdir():
            if path.is_file():
                path.unlink()
        for name in files.FILES:
            if name.endswith(".csv"):
                (self.scratch / name).touch()
        (self.logs / files.SERVER_LOG).touch()
        (self.logs / files.LOCUST_LOG).write_bytes(b"")
        return {"not_measured": {"kind": error.kind, "because": str(error)}}

    def run_locust(
        self,
        words: list[str],
        environment: dict[str, str],
        cores: list[int] | None,
        running: server.Server,
        telemetry: Telemetry,
    ) -> None:
        """Run Locust to its end; raise `CellError` where that is no result."""
        log, home = self.logs / files.LOCUST_LOG, self.scratch.absolute() / "locust"
        generator.make_home(home)
        environment = environment | {"HOME": str(home)}
        longest = generator.lead_s(self.config) + generator.longest_s(self.config)
        locust = start(words, log, environment, cores, folder=home)
        telemetry.begin(self.scratch / files.TELEMETRY, locust.pid)
        ending = Ending(locust)
        try:
            with Progress(self.label, self.scratch / files.REQUESTS, longest) as shown:
                deadline = time.monotonic() + longest + STOPPING_S
                told = False
                if self.config["load"]["processes"] > 1:
                    deadline += generator.WORKERS_S
                while not ending.wait(min(telemetry.due - time.monotonic(), POLL_S)):
                    self.tick()
                    running.check_log()
                    telemetry.update()
                    shown.update()
                    if not told and running.death() is not None:
                        # What users saw of it is in the record; no need for more.
                        locust.terminate()
                        told = True
                        deadline = min(deadline, time.monotonic() + STOPPING_S)
                    if time.monotonic() > deadline:
                        raise CellError(
                            f"Locust did not end within {longest + STOPPING_S:.0f} s"
                        )
        finally:
            ending.close()
            locust.kill()
            locust.wait()
        if locust.returncode or not (self.scratch / STOPPED).is_file():
            raise CellError(
                f"Locust ended with status {locust.returncode}, "
                f"before its run did{last_line(log)}"
            )

    def stopped(self, crashed: str | None) -> dict[str, Any]:
        """Return how the load ended, as Locust's side has told it."""
        path = self.scratch / STOPPED
        stopped: dict[str, Any] = json.loads(path.read_text())
        path.unlink()
        if stopped["reason"] == stops.TOLD_TO_STOP:
            if crashed is None:
                raise CellError("Locust was told to end from outside of the run")
            stopped["reason"] = stops.CRASHED
        return stopped

    def write_run(self, run: dict[str, Any]) -> None:
        """Write what is told of the run: how it ended, where, and with what."""
        for name in ("server", "locust"):
            remove(self.scratch / name)
        (self.scratch / "page.html").unlink(missing_ok=True)
        (self.scratch / files.RUN).write_text(json.dumps(run, indent=2) + "\n")
        config = yaml.safe_dump(self.config, sort_keys=False)
        (self.scratch / files.CONFIG).write_text(config)
        cut(self.logs / files.LOCUST_LOG)  # the server's is, since it has ended
        for name in (files.SERVER_LOG, files.LOCUST_LOG):
            shutil.copyfile(self.logs / name, self.scratch / name)

    def check_record(self) -> None:
        """Raise `CellError` where the command that checks the record refuses it."""
        if not self.check:
            return
        words = [*self.check, str(self.scratch)]
        done = subprocess.run(
            words, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False
        )
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip().splitlines()
            raise CellError(said[-1] if said else f"{self.check[0]} refuses it")

    def read_record(self) -> None:
        """Run the command that makes something of the record, if there is one.

        When that fails it says why itself, and the record is kept all the same.
        """
        if self.then:
            words = [*self.then, str(self.scratch)]
            subprocess.run(words, stdin=subprocess.DEVNULL, check=False)

    def put_in_place(self) -> None:
        """Rename the scratch folder to the cell's; what was there before goes."""
        if self.folder.exists():
            shutil.rmtree(self.folder)
        self.scratch.rename(self.folder)

"""CPU quotas of control groups: on folders made by hand, and on real ones."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from load.telemetry.cgroup import Quota

PID = 77
CPU = "/sys/fs/cgroup/cpu,cpuacct"
V1 = f"32 31 0:29 / {CPU} rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct"
V2 = "41 31 0:38 / /sys/fs/cgroup rw,relatime - cgroup2 cgroup2 rw,nsdelegate"
UNIFIED = "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw"
OTHERS = [
    "22 1 8:1 / / rw - ext4 /dev/root rw",
    "33 31 0:30 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset",
    "a line of another form",
]


class Host:
    """A made root folder; paths are as on the host."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, path: str, text: str) -> None:
        at = self.root / path.lstrip("/")
        at.parent.mkdir(parents=True, exist_ok=True)
        at.write_text(text, errors="surrogateescape")

    def has(self, mounts: list[str], cgroups: list[str]) -> None:
        self.write("/proc/self/mountinfo", "\n".join([*OTHERS, *mounts]) + "\n")
        lines = ["3:cpuset:/", "1:name=systemd:/init.scope", *cgroups]
        self.write(f"/proc/{PID}/cgroup", "\n".join(lines) + "\n")

    def v1(self, folder: str, quota_us: int, throttled_ns: int) -> None:
        self.write(f"{folder}/cpu.cfs_quota_us", f"{quota_us}\n")
        self.write(f"{folder}/cpu.cfs_period_us", "100000\n")
        counters = f"nr_periods 9\nnr_throttled 4\nthrottled_time {throttled_ns}\n"
        self.write(f"{folder}/cpu.stat", counters)

    def v2(self, folder: str, quota: str, throttled_us: int) -> None:
        self.write(f"{folder}/cpu.max", f"{quota} 100000\n")
        self.write(
            f"{folder}/cpu.stat",
            "usage_usec 5\nnr_throttled 4\nnot_throttled_usec 7\n"
            f"throttled_usec {throttled_us}\nnr_bursts 0\n",
        )

    def quota(self) -> tuple[float | None, float | None]:
        """Return cores and throttled seconds."""
        quota = Quota(PID, self.root)
        try:
            return quota.cores(), quota.throttled_s()
        finally:
            quota.close()


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


def test_version_2(host: Host) -> None:
    host.has([V2], ["0::/a.slice/b"])
    host.v2("/sys/fs/cgroup/a.slice/b", "50000", 1_500_000)
    assert host.quota() == (0.5, pytest.approx(1.5))


def test_version_1(host: Host) -> None:
    host.has([V1], ["4:cpu,cpuacct:/a"])
    host.v1(f"{CPU}/a", 150_000, 2_500_000_000)
    assert host.quota() == (1.5, pytest.approx(2.5))


def test_both_versions_mounted(host: Host) -> None:
    host.has([V1, UNIFIED], ["4:cpu,cpuacct:/a", "0::/b"])
    host.v1(f"{CPU}/a", 150_000, 2_500_000_000)
    host.write("/sys/fs/cgroup/unified/b/cpu.stat", "usage_usec 5\n")  # no controller
    assert host.quota() == (1.5, pytest.approx(2.5))
    host.v2("/sys/fs/cgroup/unified/b", "20000", 3_000_000)
    assert host.quota() == (0.2, pytest.approx(3))


def test_a_quota_holds_for_all_below(host: Host) -> None:
    """The least quota, and the longest wait, wherever in the chain they are."""
    host.has([V2], ["0::/a/b/c"])
    host.v2("/sys/fs/cgroup/a/b/c", "300000", 1_000_000)
    host.v2("/sys/fs/cgroup/a/b", "max", 9_000_000)
    host.v2("/sys/fs/cgroup/a", "100000", 4_000_000)
    host.v2("/sys/fs/cgroup/beside", "1000", 8_000_000)
    assert host.quota() == (1.0, pytest.approx(4))


@pytest.mark.parametrize("version", [1, 2])
def test_without_a_quota(host: Host, version: int) -> None:
    host.has([V1, UNIFIED], ["4:cpu,cpuacct:/a", "0::/b"])
    if version == 1:
        host.v1(f"{CPU}/a", -1, 5_000_000_000)
    else:
        host.v2("/sys/fs/cgroup/unified/b", "max", 5_000_000)
    assert host.quota() == (None, None)


def test_a_container_of_version_1(host: Host) -> None:
    """Its mount shows its own cgroup and what is below, the path is the host's."""
    mount = V1.replace(" / ", " /docker/1f ", 1)
    host.has([mount], ["4:cpu,cpuacct:/docker/1f/child"])
    host.v1(f"{CPU}/child", -1, 0)
    host.v1(CPU, 200_000, 1_000_000_000)
    assert host.quota() == (2.0, pytest.approx(1))


@pytest.mark.parametrize(
    "top, path",
    [
        ("/", "/../beside"),  # outside of the cgroup namespace
        ("/..", "/"),  # mounted outside of it: what leads to it has no name here
        ("/docker/1f", "/docker/1f0"),
        ("/", "/gone (deleted)"),
    ],
)
def test_a_cgroup_that_is_not_seen(host: Host, top: str, path: str) -> None:
    host.has([V2.replace(" / ", f" {top} ", 1)], [f"0::{path}"])
    host.v2("/sys/fs/cgroup", "50000", 1_000_000)
    host.v2("/sys/fs/beside", "50000", 1_000_000)
    assert host.quota() == (None, None)


def test_a_cgroup_outside_of_the_namespace_whose_mount_is_seen(host: Host) -> None:
    host.has([V2.replace(" / ", " /.. ", 1)], ["0::/../beside"])
    host.v2("/sys/fs/cgroup/beside", "50000", 1_000_000)
    assert host.quota() == (0.5, pytest.approx(1))


def test_the_mount_that_shows_most(host: Host) -> None:
    part = V2.replace(" / /sys/fs/cgroup ", " /a /mnt/a\\040part ")
    host.has([part], ["0::/a/b"])
    host.v2("/mnt/a part/b", "max", 0)
    host.v2("/mnt/a part", "50000", 1_000_000)
    assert host.quota() == (0.5, pytest.approx(1))
    for mounts in ([part, V2], [V2, part]):
        host.has(mounts, ["0::/a/b"])
        check_the_widest(host)


def check_the_widest(host: Host) -> None:
    shutil.rmtree(host.root / "sys", ignore_errors=True)
    assert host.quota() == (0.5, pytest.approx(1))  # the other is hidden by something
    host.v2("/sys/fs/cgroup/a/b", "25000", 2_000_000)
    assert host.quota() == (0.25, pytest.approx(2))


def test_a_mount_over_another(host: Host) -> None:
    over = V2.replace(" / ", " /a ", 1)
    host.has([V2, over], ["0::/a/b"])
    host.v2("/sys/fs/cgroup/b", "50000", 1_000_000)
    host.v2("/sys/fs/cgroup/a/b", "10000", 7_000_000)  # which is /a/a/b
    assert host.quota() == (0.5, pytest.approx(1))


@pytest.mark.parametrize("text", ["", "50000", "a b", "50000 0", "50000 100000 1"])
def test_a_quota_that_cannot_be_read(host: Host, text: str) -> None:
    host.has([V2], ["0::/a"])
    host.v2("/sys/fs/cgroup/a", "50000", 1)
    host.write("/sys/fs/cgroup/a/cpu.max", text)
    assert host.quota() == (None, None)


@pytest.mark.parametrize(
    "text", ["", "usage_usec 5\n", "throttled_usec many\n", "throttled_usec"]
)
def test_a_counter_that_cannot_be_read(host: Host, text: str) -> None:
    host.has([V2], ["0::/a"])
    host.v2("/sys/fs/cgroup/a", "50000", 1)
    host.write("/sys/fs/cgroup/a/cpu.stat", text)
    assert host.quota() == (0.5, None)


def test_a_host_that_tells_nothing(host: Host) -> None:
    assert host.quota() == (None, None)
    host.has([], ["0::/"])
    assert host.quota() == (None, None)


LINES = st.lists(
    st.sampled_from([V1, V2, UNIFIED, *OTHERS, "4:cpu:/a", "0::/", "0::/..", "0:"])
    | st.text(st.sampled_from("0:/.a,\\ -\udcff\0\r"), max_size=20),
    max_size=6,
)


@given(LINES, LINES, st.text(st.sampled_from("019 max-\n_usecthrold"), max_size=30))
def test_any_text_of_the_kernels(
    mounts: list[str], cgroups: list[str], text: str
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        host = Host(Path(folder))
        host.v2("/sys/fs/cgroup", "50000", 1)
        host.v1(f"{CPU}/a", 50_000, 1)
        host.has(mounts, cgroups)
        assert host.quota()[0] in (None, 0.5)
        for name in ("cpu.max", "cpu.stat"):
            host.write(f"/sys/fs/cgroup/{name}", text)
        cores, throttled_s = host.quota()
        assert cores is None or cores > 0
        assert throttled_s is None or throttled_s >= 0


def test_what_is_read_is_of_now(host: Host) -> None:
    host.has([V2], ["0::/a"])
    host.v2("/sys/fs/cgroup/a", "50000", 1_000_000)
    quota = Quota(PID, host.root)
    assert quota.throttled_s() == pytest.approx(1)
    host.v2("/sys/fs/cgroup/a", "50000", 3_000_000)
    assert quota.throttled_s() == pytest.approx(3)
    quota.close()
    assert quota.throttled_s() is None


# Of a real one.

BUSY = "import os\nprint(flush=True)\nwhile True:\n os.getpid()"


def own_cgroup() -> tuple[int, Path] | None:
    """Return the version and the folder of the test's own CPU cgroup, if any."""
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        number, controllers, path = line.split(":", 2)
        if "cpu" in controllers.split(","):
            return 1, Path(f"/sys/fs/cgroup/{controllers}{path}")
        if number == "0" and Path("/sys/fs/cgroup/cgroup.controllers").exists():
            return 2, Path(f"/sys/fs/cgroup{path}")
    return None


@pytest.fixture
def fifth(tmp_path: Path) -> Iterator[Path]:
    """A cgroup of a fifth of a core, below the test's own."""
    own = own_cgroup() if Path("/proc/self/cgroup").exists() else None
    if own is None:
        pytest.skip("no CPU cgroup is mounted at /sys/fs/cgroup")
    version, above = own
    folder = above / "-".join(["firstfail", *tmp_path.parts[-3:]])
    try:
        folder.mkdir()
    except OSError as error:
        pytest.skip(f"no cgroup can be made here: {error.strerror}")
    try:
        if version == 1:
            (folder / "cpu.cfs_quota_us").write_text("20000")
        else:
            (folder / "cpu.max").write_text("20000 100000")
        yield folder
    except OSError as error:
        pytest.skip(f"no quota can be set here: {error.strerror}")
    finally:
        folder.rmdir()


@contextlib.contextmanager
def busy_in(folder: Path) -> Iterator[int]:
    """A process in a cgroup that would use a core."""
    words = [sys.executable, "-c", BUSY]
    process = subprocess.Popen(words, stdout=subprocess.PIPE)
    try:
        (folder / "cgroup.procs").write_text(str(process.pid))
        assert process.stdout is not None
        process.stdout.readline()
        yield process.pid
    finally:
        process.kill()
        process.communicate()


def test_a_process_is_throttled(fifth: Path, eventually: Callable[..., None]) -> None:
    with busy_in(fifth) as pid:
        quota = Quota(pid)
        assert quota.cores() == pytest.approx(0.2)
        before = quota.throttled_s()
        assert before is not None
        # It waits for 80 ms of each 100.
        eventually(lambda: (quota.throttled_s() or 0) > before + 0.5)
    own = Quota(os.getpid())
    assert own.cores() is None or own.cores() > 0.2
    own.close()
    quota.close()

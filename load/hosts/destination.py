"""How an agent is started: here, or on another host by OpenSSH or by srun.

Rules of this module:
- OpenSSH finds the host and its keys, as it does for the user: its configuration, jump
  hosts, an agent with keys and connections that are shared all hold.
- It must not ask anything, and must not accept a key of a host that it does not know.
- Where the network between is gone, it ends by itself.
- The words for the other host go through the shell of the user there.
- Within a job of Slurm srun starts it, on a node of the job. All nodes have the same
  files. It takes no part of the job's own, since the run is one step already. What the
  variables of that step say is of that step, and nothing that srun is to follow.
"""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from contract.settings import HERE
from load import ROOT

OPTIONS = {
    "BatchMode": "yes",
    "StrictHostKeyChecking": "yes",
    "ConnectTimeout": 10,
    "ServerAliveInterval": 3,
    "ServerAliveCountMax": 3,
}
# No settings of the environment's or of the user's own packages change the agent.
AGENT = ("-E", "-s", "-m", "load.agent")
# Where srun says nothing but that what it has started has ended.
ENDED = re.compile(r"srun: (error: \S+: tasks? |launch/slurm: |Job step aborted)")
OF_SLURM = ("SLURM_", "SRUN_", "SBATCH_")  # what names of its variables begin with
OF_JOB = ("SLURM_JOB_ID", "SLURM_JOBID", "SLURM_CLUSTER_NAME", "SLURM_CONF")
ON_NODE = ("--overlap", "--nodes=1", "--ntasks=1", "--cpu-bind=none")


def agent_words(host: str, hosts: dict[str, Any]) -> list[str]:
    """Return the command that starts the agent on a host."""
    if host == HERE:
        return [sys.executable, *AGENT]
    if hosts["job"]:
        return ["srun", *ON_NODE, f"--nodelist={host}", sys.executable, *AGENT]
    folder, python = shlex.quote(hosts["folder"]), shlex.quote(hosts["python"])
    there = f"cd {folder} && exec {python} {shlex.join(AGENT)}"
    return ssh_words(host, hosts["ssh_config"], there)


def ssh_words(host: str, ssh_config: str | None, there: str) -> list[str]:
    """Return the command that lets the shell of a host carry out `there`."""
    own: Sequence[str] = ("-F", ssh_config) if ssh_config else ()
    options = (f"-o{name}={value}" for name, value in OPTIONS.items())
    return ["ssh", "-T", *own, *options, "--", host, there]


def agent_environment(
    hosts: dict[str, Any], environment: Mapping[str, str]
) -> dict[str, str]:
    """Return the variables for that command, of those that there are here."""
    if not hosts["job"]:  # ssh needs what it needs for the user, as SSH_AUTH_SOCK
        return dict(environment)
    return {
        name: value
        for name, value in environment.items()
        if name in OF_JOB or not name.startswith(OF_SLURM)
    }


def working_folder(host: str, hosts: dict[str, Any]) -> str | None:
    """Return the folder in which that command is started; None for any."""
    return str(ROOT) if host == HERE or hosts["job"] else None

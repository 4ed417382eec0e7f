"""Values of settings that more than one part gives a meaning to."""

from __future__ import annotations

AUTO = "auto"  # chosen by the program: the number of users, the network
HOSTS = "hosts"  # the kind of a network whose server and users have hosts of their own
ADDRESSES = ("address", "master")  # settings of `network.hosts`
NODE = "{node}"  # in a setting: the name of a node of a job
HERE = "here"  # among these, the host that firstfail is started on
PAGE_FILE = "{page_file}"  # in a command, and as `impl.body`: the page of the run
MAX_CODE_BYTES = 64  # of a code that attendance is taken with
# The code that measures, whose digest is in each cell as `code.runner`.
RUNNER = ("load", "contract")
# With start_users=auto, so many users join fast: of those that keep the server busy.
START_SHARE = 0.7
IDLE_OPENING_S = 60.0  # to open all idle connections of a run

"""Start a server that takes its time-out in whole seconds alone:

python seconds.py KEEP_ALIVE REQUEST_TIMEOUT_S COMMAND...

The word SECONDS in the command becomes the time-out, rounded up, and 0 without
keep-alive.
"""

import math
import os
import sys

keep_alive, timeout_s, *command = sys.argv[1:]
seconds = math.ceil(float(timeout_s)) if keep_alive == "True" else 0
words = [str(seconds) if word == "SECONDS" else word for word in command]
os.execvp(words[0], words)

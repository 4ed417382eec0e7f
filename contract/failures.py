"""The texts of failures: `load/` writes them, and `analysis/` tells them apart.

Rules of this module:
- A text begins with one of these beginnings, or is the operating system's own text of
  an error (`os.strerror`). The detail that follows is the same for the same kind.
- What the operating system says is named here where something follows from it.
- The record keeps these texts, so they stay as they are.
"""

from __future__ import annotations

# The connection, and an incomplete response.
TIMED_OUT = "timed out"
CONNECTING = " connecting"  # ends a text where there was no connection yet
READING, SENDING = " reading", " sending"
NO_RESPONSE = "no response"
BAD_RESPONSE = "bad response"
SHORT_BODY = "short body"
# A response that is complete and wrong.
STATUS = "HTTP "
WRONG_BODY = "wrong body"
TOO_SLOW = "slower than"
# The same of an answer to a code, in attendance.
NO_ANSWER = "no answer"
BAD_ANSWER = "bad answer"
CUT_ANSWER = f"{BAD_ANSWER}: no line"
WRONG_ANSWER = "answer:"
# A request that was not sent.
NOT_SENT = "not sent"
OURS = (
    TIMED_OUT,
    NO_RESPONSE,
    BAD_RESPONSE,
    SHORT_BODY,
    STATUS,
    WRONG_BODY,
    TOO_SLOW,
    NO_ANSWER,
    BAD_ANSWER,
    WRONG_ANSWER,
    NOT_SENT,
)

# Texts of the operating system: EADDRNOTAVAIL; EMFILE, in glibc and in musl.
NO_PORT = "Cannot assign requested address"
NO_FILE = ("Too many open files", "No file descriptors")
# Words of such a text: ECONNRESET and ECONNREFUSED.
RESET = "reset"
REFUSED = "refused"

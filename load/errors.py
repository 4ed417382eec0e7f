"""How a run ends that has no result."""

from __future__ import annotations

from contract.text import one_line


class CellError(Exception):
    """The cell could not be measured; the text is one line for the user."""

    def __init__(self, why: str) -> None:
        super().__init__(one_line(why))  # names of files and others' words are in it


class ServerError(CellError):
    """The server is not fit to be measured. `kind` says in which way.

    `no-start`: it ends before it answers. `no-answer`: it does not answer in time.
    `wrong-page`: what it answers with is not the page. `crashed`: it answered, and
    ended before there was any load, or was ended for what it did to this machine.
    """

    def __init__(self, kind: str, why: str) -> None:
        super().__init__(why)
        self.kind = kind


class InterruptedRunError(Exception):
    """The run was told to end. `status` is the exit status that says so."""

    def __init__(self, why: str, status: int) -> None:
        super().__init__(why)
        self.status = status

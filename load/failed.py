"""How a run ends that has no result."""


class CellError(Exception):
    """The cell could not be measured; the text is one line for the user."""


class InterruptedRunError(Exception):
    """The run was told to end. `status` is the exit status that says so."""

    def __init__(self, why: str, status: int) -> None:
        super().__init__(why)
        self.status = status

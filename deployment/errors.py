"""What a command that reaches Azure tells a person when it cannot go on."""

from typing import Final

INTERRUPTED: Final = 130
"""Exit code of a command that was interrupted, as shells write it."""


class DeploymentError(Exception):
    """A command that could not be started, or failed; `code` is the exit code."""

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(message)
        self.code = code


class InterruptedDeploymentError(DeploymentError):
    """A command was interrupted, and Azure may go on with what it had begun."""

    def __init__(self, message: str) -> None:
        super().__init__(message, INTERRUPTED)

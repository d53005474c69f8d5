"""What a command that reaches Azure tells a person when it cannot go on."""


class DeploymentError(Exception):
    """A command that could not be started, or failed; `code` is the exit code."""

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(message)
        self.code = code

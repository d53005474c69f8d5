"""What is wrong with a baseline, or with the wish for one."""

from generator.diagnostics import printable


class BaselineError(Exception):
    """A baseline that cannot be read or written: what is wrong, where, and what to do about it."""

    def __init__(self, what: str, where: str, fix: str) -> None:
        self.what, self.where, self.fix = what, where, fix
        super().__init__(what, where, fix)

    def __str__(self) -> str:
        return printable(f"{self.what} @ {self.where}; {self.fix}")


class MissingBaselineError(BaselineError):
    """There is no baseline yet."""

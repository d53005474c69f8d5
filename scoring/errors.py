"""Why a file could not be scored, or a deployment not start."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from generator.fleet import Circuit

Kind = Literal[
    "absent-file",
    "empty-file",
    "malformed-file",
    "missing-column",
    "unknown-circuit",
    "wrong-model",
    "model-error",
    "no-predictions",
]


class FileError(Exception):
    """One file cannot be scored; the others of its mini-batch can."""

    def __init__(self, kind: Kind, what: str, fix: str) -> None:
        """Take what telemetry tells: a kind to count by, what is wrong, and what to do."""
        self.kind, self.what, self.fix = kind, what, fix
        self.circuit: Circuit | None = None
        super().__init__(kind, what, fix)

    def __str__(self) -> str:
        return f"{self.what}; {self.fix}"


@contextmanager
def about(circuit: Circuit) -> Iterator[None]:
    """Let errors know which circuit they are about."""
    try:
        yield
    except FileError as error:
        error.circuit = circuit
        raise


class DeploymentError(Exception):
    """Nothing can be scored: the deployment lacks something or has it wrong."""

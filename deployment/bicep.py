"""The Bicep CLI: found, started once, asked over JSON-RPC.

One process compiles many files: starting the compiler costs more than compiling.
Protocol: https://github.com/Azure/bicep/blob/main/docs/experimental/jsonrpc-command.md
"""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

PINNED_VERSION = "0.49.2"
"""The version the rendered output is tested with; another gives a warning."""

ROOT = Path(__file__).resolve().parent.parent

# Snapshots need ids of where the deployment would go; offline any will do.
SNAPSHOT_SUBSCRIPTION = "00000000-0000-0000-0000-000000000000"


class BicepError(Exception):
    """The compiler is missing, or it failed."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """What the compiler made of a file."""

    template: str | None
    """ARM JSON; None if there are errors."""
    diagnostics: tuple[str, ...]
    """`file(line,column) : Level code: message`, like the command line prints."""


def find_bicep() -> Path:
    """Find the Bicep CLI: $BICEP, then PATH, ~/.azure/bin, .tools.

    Raises:
        BicepError: there is none; the message says how to get it.
    """
    configured = os.environ.get("BICEP")
    if configured:
        path = Path(configured)
        if not path.is_file():
            raise BicepError(f"BICEP names {configured}, and there is no such file")
        return path.resolve()
    on_path = shutil.which("bicep")
    candidates = [
        *([Path(on_path)] if on_path else []),
        Path.home() / ".azure" / "bin" / "bicep",
        ROOT / ".tools" / "bicep",
    ]
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    raise BicepError(
        "the Bicep CLI was not found; install it with `az bicep install --version "
        f"v{PINNED_VERSION}`, or set BICEP to its path"
    )


class BicepCompiler:
    """A running Bicep CLI; use it as a context manager.

    `variables` are environment variables that parameter files read, beside those of this process.
    """

    def __init__(
        self, path: Path | None = None, *, variables: Mapping[str, str] | None = None
    ) -> None:
        executable = path or find_bicep()
        # Without ICU libraries .NET starts only in its invariant mode; the compiler needs no more.
        environment = os.environ | {"DOTNET_SYSTEM_GLOBALIZATION_INVARIANT": "1"}
        # It does not live long enough to earn back what profiling its own code costs (a tenth).
        environment |= {"DOTNET_TieredPGO": "0"}
        environment |= variables or {}
        try:
            self._process = subprocess.Popen(
                [str(executable), "jsonrpc", "--stdio"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment,
            )
        except OSError as error:
            raise BicepError(f"{executable} cannot be started: {error.strerror}") from None
        self._requests = 0

    def __enter__(self) -> "BicepCompiler":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def version(self) -> str:
        """Tell the compiler's version, such as 0.49.2."""
        return str(self._call("bicep/version")["version"])

    def compile(self, path: Path) -> Compiled:
        """Compile a .bicep file."""
        result = self._call("bicep/compile", path=str(path.resolve()))
        return Compiled(result.get("contents"), _diagnostics(result, path))

    def compile_parameters(self, path: Path) -> tuple[Compiled, str | None]:
        """Compile a .bicepparam file: its template, and its parameters as JSON."""
        result = self._call("bicep/compileParams", path=str(path.resolve()), parameterOverrides={})
        compiled = Compiled(result.get("template"), _diagnostics(result, path))
        return compiled, result.get("parameters")

    def snapshot(
        self,
        path: Path,
        resource_group: str,
        location: str,
        subscription_id: str = SNAPSHOT_SUBSCRIPTION,
    ) -> dict[str, Any]:
        """Expand a .bicepparam file to the resources a deployment would create."""
        metadata = {
            "subscriptionId": subscription_id,
            "resourceGroup": resource_group,
            "location": location,
        }
        result = self._call("bicep/getSnapshot", path=str(path.resolve()), metadata=metadata)
        snapshot: dict[str, Any] = json.loads(result["snapshot"])
        return snapshot

    def format(self, path: Path) -> str:
        """Format a file as `bicep format` would, without writing it."""
        return str(self._call("bicep/format", path=str(path.resolve()))["contents"])

    def _call(self, method: str, **parameters: object) -> Mapping[str, Any]:
        assert self._process.stdin is not None  # noqa: S101 - opened above
        assert self._process.stdout is not None  # noqa: S101
        self._requests += 1
        request = {"jsonrpc": "2.0", "id": self._requests, "method": method, "params": parameters}
        body = json.dumps(request).encode()
        try:
            self._process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
            self._process.stdin.flush()
        except OSError:
            raise BicepError("the Bicep CLI ended unexpectedly") from None
        length = 0
        while header := self._process.stdout.readline().strip():
            name, _, value = header.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        content = self._process.stdout.read(length)
        if not content:
            raise BicepError(f"the Bicep CLI ended without an answer to {method}")
        response = json.loads(content)
        if "error" in response:
            raise BicepError(f"{method}: {response['error'].get('message')}")
        result: Mapping[str, Any] = response["result"]
        return result


def _diagnostics(result: Mapping[str, Any], path: Path) -> tuple[str, ...]:
    lines = []
    for item in result.get("diagnostics") or ():
        start = item["range"]["start"]
        source = item.get("source") or str(path)
        place = f"{source}({start['line'] + 1},{start['char'] + 1})"
        lines.append(f"{place} : {item['level']} {item['code']}: {item['message']}")
    return tuple(lines)

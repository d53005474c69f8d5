"""The file system of delta-rs's client, made able to write."""

from typing import Any

import pyarrow as pa
from deltalake.fs import DeltaStorageHandler


class _BytesStream:
    """Gives a stream of delta-rs bytes: it takes no buffer, which is what Arrow writes."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, data: Any) -> int:
        return int(self._stream.write(bytes(data)))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


class StorageHandler(DeltaStorageHandler):
    """As delta-rs's own, which cannot write what Arrow gives it (deltalake 1.6)."""

    def open_output_stream(
        self, path: str, metadata: dict[str, str] | None = None
    ) -> pa.PythonFile:
        """Open a file for writing; what was there is replaced when it is closed."""
        stream: Any = _BytesStream(self._handler.open_output_stream(path, metadata))
        return pa.PythonFile(stream, mode="w")

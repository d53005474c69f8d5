"""A reference dataset as Parquet, and the MLTable file that tells Azure ML how to read it."""

import hashlib
import re
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pyarrow as pa
import yaml
from pyarrow import parquet as pq

from monitoring.sensors import FloatArray

DATA_FILE: Final = "data.parquet"
MLTABLE_FILE: Final = "MLTable"
VERSION_NAME: Final = re.compile(r"v-\d{4}-\d{2}-\d{2}-[0-9a-f]{8}")

_MLTABLE: Final = """\
# Written by mlmon, which changes it when a new baseline is accepted. It names the one in force.
$schema: https://azuremlschemas.azureedge.net/latest/MLTable.schema.json
type: mltable
paths:
  - file: ./{version}/data.parquet
transformations:
  - read_parquet:
      include_path_column: false
"""


def mltable(version: str) -> str:
    """Write the MLTable file that names a version.

    Paths of an MLTable file are relative to it, and monitors take those that begin with `.`:
    https://learn.microsoft.com/azure/machine-learning/reference-yaml-mltable,
    https://github.com/Azure/azureml-assets `store_url.py` (`is_local_path`).
    """
    return _MLTABLE.format(version=version)


def version_of_mltable(content: bytes) -> str | None:
    """Tell which version an MLTable file names; None for a file that this program did not write."""
    try:
        document = yaml.safe_load(content)
    except (yaml.YAMLError, UnicodeDecodeError):
        return None
    paths = document.get("paths") if isinstance(document, dict) else None
    if not isinstance(paths, list) or len(paths) != 1 or not isinstance(paths[0], dict):
        return None
    parts = str(paths[0].get("file", "")).split("/")
    if len(parts) != 3 or (parts[0], parts[2]) != (".", DATA_FILE):
        return None
    return parts[1] if VERSION_NAME.fullmatch(parts[1]) else None


def to_parquet(values: Mapping[str, FloatArray]) -> bytes:
    """Write features as columns of doubles; what is not finite is null.

    There is no other column: a monitor takes every one for a feature.
    """
    arrays: list[Any] = [pa.array(each, mask=~np.isfinite(each)) for each in values.values()]
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_arrays(arrays, names=list(values)), sink)
    return sink.getvalue().to_pybytes()


def from_parquet(content: bytes) -> dict[str, FloatArray]:
    """Read what `to_parquet` wrote; null is NaN.

    Raises:
        pyarrow.ArrowException, OSError: it is no such file.
    """
    table = pq.read_table(pa.BufferReader(content))
    return {
        name: table[name].to_numpy().astype(np.float64, copy=False) for name in table.column_names
    }


def digest_of(values: Mapping[str, FloatArray]) -> str:
    """Return the SHA-256 of features and readings, which does not depend on how they are stored."""
    digest = hashlib.sha256()
    for name, readings in values.items():
        plain = np.where(np.isfinite(readings), readings, np.nan) + 0.0  # -0 is 0
        digest.update(f"{name}\0{plain.size}\0".encode())
        digest.update(plain.astype("<f8").tobytes())
    return digest.hexdigest()

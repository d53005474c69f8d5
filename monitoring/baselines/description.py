"""What a baseline was made of: `baseline.json` beside its data."""

import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from monitoring.baselines.errors import BaselineError
from monitoring.baselines.places import Role

FORMAT: Final = "mlmon baseline"
DESCRIPTION_FILE: Final = "baseline.json"

_Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class _Stored(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class FeatureRows(_Stored):
    """How much there is of one feature."""

    feature: str
    readings: Annotated[int, Field(ge=0)]
    """Finite values."""
    coverage: Annotated[float, Field(ge=0, le=1)]
    """Share of the rows that have one."""


class Source(_Stored):
    """Where the data came from."""

    address: str
    delta_version: int | None
    """None for a folder of Parquet files."""


class GateResult(_Stored):
    """What the quality gate said of the data."""

    status: str
    reasons: tuple[str, ...]
    overridden: bool
    """Whether the data failed and were taken all the same."""


class Description(_Stored):
    """One version of a circuit's baseline."""

    format: Literal["mlmon baseline"] = FORMAT
    format_version: Literal[1] = 1
    baseline: str
    """Name of the version, and of its folder."""
    plant_id: str
    circuit_id: str
    role: Role
    model_name: str
    model_version: str | None
    start: datetime
    """First moment of the window, in UTC."""
    end: datetime
    """Exclusive."""
    rows: Annotated[int, Field(ge=1)]
    features: tuple[FeatureRows, ...]
    data_digest: _Sha256
    """Of the readings, however they are stored."""
    file_digest: _Sha256
    """Of the bytes of `data.parquet`."""
    source: Source
    quality: GateResult | None
    """None for predictions, which have no gate."""
    supersedes: str | None = None
    """Version that was in force before; None for a circuit's first."""
    streak_starts: date | None = None
    """Predictions of days before this one do not calibrate the circuit, because another model made
    them. None for a circuit's first."""

    @property
    def key(self) -> str:
        """`PLANT/CIRCUIT`."""
        return f"{self.plant_id}/{self.circuit_id}"

    @property
    def content(self) -> tuple[str | None, ...]:
        """What makes two baselines the same: the same window and data of the same model."""
        window = (self.start.isoformat(), self.end.isoformat())
        return (self.key, self.role, self.model_version, *window, self.data_digest)

    def own_name(self) -> str:
        """Name the version by its content and by what it took the place of."""
        named = json.dumps([*self.content, self.supersedes])
        digest = hashlib.sha256(named.encode()).hexdigest()
        return f"v-{self.end:%Y-%m-%d}-{digest[:8]}"

    def renamed(self, **changes: object) -> "Description":
        """Change fields, and with them the name."""
        changed = self.model_copy(update=changes)
        return changed.model_copy(update={"baseline": changed.own_name()})


def to_bytes(description: Description) -> bytes:
    """Write a description with its own digest."""
    content = description.model_dump(mode="json")
    document = {**content, "digest": _digest(content)}
    return (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()


def from_bytes(content: bytes, where: str) -> Description:
    """Read a description.

    Raises:
        BaselineError: it is none, is of another version of this program, or was changed.
    """
    again = "restore the file, or accept a new baseline"
    try:
        document: Any = json.loads(content)
    except (UnicodeDecodeError, ValueError) as error:
        raise BaselineError(f"the file is no JSON ({error})", where, again) from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise BaselineError("the file describes no baseline", where, again)
    if document.get("format_version") != 1:
        raise BaselineError(
            f"the file has format {document.get('format_version')!r}, this program reads 1",
            where,
            "use the version of mlmon that wrote it, or accept a new baseline",
        )
    digest = document.pop("digest", None)
    if digest != _digest(document):
        raise BaselineError("the file was changed after it was written", where, again)
    try:
        found = Description.model_validate_json(json.dumps(document))
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise BaselineError(f"{first['msg']} ({place})", where, again) from None
    if found.baseline != found.own_name():
        raise BaselineError("the file is of another baseline than it says", where, again)
    return found


def _digest(content: Mapping[str, object]) -> str:
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()

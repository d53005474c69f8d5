"""`circuits.yaml`: which circuits there are, and what is particular about them."""

from string import Formatter
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, model_validator

from generator.azure import MAX_TAG_NAME, MAX_TAG_VALUE, MAX_TAGS
from generator.conventions import RESERVED_TAGS
from generator.models.base import (
    DecimalRange,
    Duration,
    Email,
    FeatureName,
    Finding,
    Identifier,
    Moment,
    Number,
    ShortText,
    StrictModel,
    Text,
    invalid,
    length,
    pattern,
    raise_findings,
)

DEFAULT_FEATURES = ("temperature", "pressure", "vibration", "current", "voltage", "flow_rate")
PATH_FIELDS = frozenset({"plant_id", "circuit_id", "model_name"})

Signal = Literal["data_drift", "prediction_drift", "data_quality", "model_performance"]
Monitors = Literal["all", "none"] | list[Signal]


def _path_pattern(value: str) -> str:
    try:
        fields = {name for _, name, _, _ in Formatter().parse(value) if name is not None}
    except ValueError:
        fields = {"?"}
    if not fields <= PATH_FIELDS or any(
        spec or conversion
        for _, name, spec, conversion in Formatter().parse(value)
        if name is not None
    ):
        raise invalid(
            "circuits/path",
            f"`{value}` is not a path pattern",
            "use only {plant_id}, {circuit_id} and {model_name} in braces",
        )
    return value


def _tags(value: dict[str, str]) -> dict[str, str]:
    if len(value) > MAX_TAGS - 10:
        raise invalid(
            "config/too-long",
            f"{len(value)} tags, Azure takes {MAX_TAGS} and the generator adds up to ten",
            "write fewer tags",
        )
    folded: set[str] = set()
    for name in value:
        if name.casefold() in RESERVED_TAGS or name.casefold() in folded:
            raise invalid(
                "config/wrong-value",
                f"the tag `{name}` is written twice, or by the generator itself",
                "choose another name; Azure ignores case in tag names",
            )
        folded.add(name.casefold())
    return value


def _timezone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise invalid(
            "config/wrong-value",
            f"`{value}` is not a time zone of the IANA database",
            "write a name such as Europe/Berlin or UTC",
        ) from None
    return value


PathPattern = Annotated[
    str,
    pattern(
        r"[A-Za-z][A-Za-z0-9+.-]*://[^\s'\"\\]*[A-Za-z0-9_][^\s'\"\\]*",
        "a URI",
        "a URI such as azureml://datastores/workspaceblobstore/paths/production/{plant_id}/",
    ),
    AfterValidator(_path_pattern),
]
TagName = Annotated[
    str,
    pattern(r"[^<>%&\\?/\x00-\x1f]+", "a tag name", "a name without < > % & ? / and backslash"),
    length(MAX_TAG_NAME),
]
TagValue = Annotated[ShortText, length(MAX_TAG_VALUE, 0)]
Tags = Annotated[dict[TagName, TagValue], AfterValidator(_tags)]
EndpointName = Annotated[
    str,
    pattern(
        r"[A-Za-z](-?[A-Za-z0-9]){2,31}",
        "a batch endpoint name",
        "3 to 32 letters, digits and hyphens that begin with a letter, such as batch-plant001",
    ),
    length(32, 3),
]
TimeZone = Annotated[str, AfterValidator(_timezone)]


class Window(StrictModel):
    """A stretch of time, half-open; times without an offset are local to the plant."""

    start: Moment
    """First moment."""
    end: Moment
    """First moment after it."""
    reason: ShortText
    """Why."""


class Snooze(StrictModel):
    """Silence for a known bad circuit: its alerts stay quiet until a moment."""

    until: Moment
    """First moment at which the circuit can alert again."""
    reason: ShortText
    """Why."""


class Bounds(StrictModel):
    """What a sensor can physically show, in its own unit."""

    min: Number | None = None
    """Lowest value."""
    max: Number | None = None
    """Highest value."""

    @model_validator(mode="after")
    def _ordered(self) -> "Bounds":
        if self.min is not None and self.max is not None and self.min >= self.max:
            raise_findings(
                "bounds",
                [
                    Finding(
                        ("min",), "circuits/bounds", "min is not below max", "swap or correct them"
                    )
                ],
            )
        return self


class DataPaths(StrictModel):
    """Where a circuit's data lies: URIs with {plant_id}, {circuit_id}, {model_name}."""

    production: PathPattern | None = None
    """Model inputs of production, as the data collector writes them."""
    reference: PathPattern | None = None
    """The baseline dataset that production is compared with."""
    production_outputs: PathPattern | None = None
    """Predictions of production alone, the one column that prediction drift compares."""
    reference_outputs: PathPattern | None = None
    """The baseline of `production_outputs`."""
    predictions: PathPattern | None = None
    """Predictions with target time and horizon."""
    actuals: PathPattern | None = None
    """Measured values of the predicted quantity."""


class CircuitSettings(StrictModel):
    """What a plant or a class may set for its circuits, and a circuit for itself."""

    owner: Email | None = None
    """Who answers for the circuit."""
    features: Annotated[list[FeatureName], Field(min_length=1, max_length=100)] | None = None
    """Sensor columns; the document's six unless given."""
    physical_limits: dict[FeatureName, Bounds] = {}
    """What each sensor can physically show."""
    data: DataPaths | None = None
    """Data paths that differ from the environment's."""
    batch_endpoint: EndpointName | None = None
    """Azure ML batch endpoint; `batch-{plant_id}` unless given."""
    batch_deployment: Identifier | None = None
    """Deployment on the endpoint; the circuit's id unless given."""
    expected_every: Duration | None = None
    """How often it must score, under P2D; P1D unless given. A quarter late is tolerated."""
    sample_every: Duration | None = None
    """How often its sensors deliver a row; PT1M unless given."""
    monitors: Monitors | None = None
    """Which signals Azure ML monitors; the environment's choice unless given."""
    tags: Tags = {}
    """Tags of the circuit's monitors."""


class Circuit(CircuitSettings):
    """One circuit of a plant and the model that forecasts it."""

    plant_id: Identifier
    """Plant of the circuit."""
    circuit_id: Identifier
    """Id within the plant."""
    model_name: Annotated[
        str,
        pattern(
            r"[A-Za-z0-9][A-Za-z0-9._-]{0,254}",
            "an Azure ML model name",
            "a name such as forecast-p001-c01",
        ),
    ]
    """Name of the registered model."""
    model_version: (
        Annotated[
            str,
            pattern(r"[A-Za-z0-9._-]{1,30}", "a model version", 'a version in quotes, such as "4"'),
        ]
        | None
    ) = None
    """Version of the model, as a string."""
    training_mae: Annotated[Number, DecimalRange(above="0")] | None = None
    """Mean absolute error that this version had in training, in the unit of the target: the daily
    run tells how much larger it became. Its limit is `mae` of the thresholds."""
    circuit_class: Annotated[Identifier | None, Field(alias="class")] = None
    """A key of `classes`."""
    enabled: bool = True
    """False: no monitor, no row in a limits table, no daily run; listed in the report."""
    maintenance: list[Window] = []
    """Windows in which its alerts are silent."""
    snooze: Snooze | None = None
    """Silence until a moment, with a reason."""

    @property
    def key(self) -> str:
        """`PLANT/CIRCUIT`, how a circuit is addressed everywhere."""
        return f"{self.plant_id}/{self.circuit_id}"


class Plant(CircuitSettings):
    """Defaults for the circuits of a plant, and who is called for it."""

    name: ShortText | None = None
    """Name for people."""
    timezone: TimeZone = "UTC"
    """IANA zone of times written without an offset."""
    action_groups: list[str] = []
    """Told besides a rule's own groups when rules are rendered per plant."""
    outages: list[Window] = []
    """Planned outages of the whole plant: its alerts call nobody meanwhile."""


class CircuitClass(CircuitSettings):
    """Defaults for the circuits of a class."""

    description: Text | None = None
    """What the class is for."""


class CircuitsFile(StrictModel):
    """The fleet."""

    circuits: Annotated[list[Circuit], Field(min_length=1)]
    """The circuits, one entry each."""
    plants: dict[Identifier, Plant] = {}
    """Settings of plants, by plant id."""
    classes: dict[Identifier, CircuitClass] = {}
    """Classes of circuits, by name."""

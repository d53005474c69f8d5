"""The base of every configuration model, and the scalar types they share."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PrivateAttr,
    WithJsonSchema,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import (
    CoreSchema,
    InitErrorDetails,
    PydanticCustomError,
    ValidationError,
    core_schema,
)

from generator.azure import MAX_DESCRIPTION, MAX_EMAIL_ADDRESS
from generator.durations import parse_duration


class StrictModel(BaseModel):
    """Refuses unknown keys and converts nothing; `path` is where it stood in its file."""

    model_config = ConfigDict(
        strict=True,
        defer_build=True,
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
        hide_input_in_errors=True,
    )
    _path: tuple[str | int, ...] = PrivateAttr(default=())

    @property
    def path(self) -> tuple[str | int, ...]:
        """Where the model stood in its file."""
        return self._path


def invalid(problem_id: str, message: str, fix: str) -> PydanticCustomError:
    """Make the error a validator raises; id, message and fix travel in it to the reporter.

    The message is no template: pydantic would replace names in braces.
    """
    context = {"id": problem_id, "message": message, "fix": fix}
    return PydanticCustomError("mlmon", "see the context", context)


@dataclass(frozen=True, slots=True)
class Finding:
    """One of several findings about a model, at a key below it."""

    path: tuple[str | int, ...]
    id: str
    message: str
    fix: str


def raise_findings(title: str, findings: Sequence[Finding]) -> None:
    """Raise all findings at once; pydantic merges them into the file's errors.

    Raises:
        ValidationError: there is at least one finding.
    """
    if findings:
        raise ValidationError.from_exception_data(
            title,
            [
                InitErrorDetails(type=invalid(f.id, f.message, f.fix), loc=f.path, input=None)
                for f in findings
            ],
        )


def _decimal(value: object) -> object:
    # An integer in YAML is an exact decimal; a bool is an int in Python but not in YAML.
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _representable(value: Decimal) -> Decimal:
    digits = "".join(map(str, value.as_tuple().digits)).strip("0")
    if len(digits) > 15 or not -30 < value.adjusted() < 30:
        raise invalid(
            "config/out-of-range",
            "the number has more than 15 significant digits or is astronomically large or small",
            "round it: a double holds 15 digits exactly",
        )
    return value


Number = Annotated[
    Decimal,
    BeforeValidator(_decimal),
    AfterValidator(_representable),
    WithJsonSchema({"type": "number"}),
]


@dataclass(frozen=True, slots=True)
class DecimalRange:
    """Requires minimum <= value <= maximum, or value > above; shown in the JSON Schema, too."""

    minimum: str | None = None
    maximum: str | None = None
    above: str | None = None

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Check the range behind what the annotated type checks."""
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Add the bounds."""
        bounds = {
            "minimum": self.minimum,
            "maximum": self.maximum,
            "exclusiveMinimum": self.above,
        }
        return handler(schema) | {k: float(v) for k, v in bounds.items() if v is not None}

    def _check(self, value: Decimal) -> Decimal:
        if (
            (self.minimum is not None and value < Decimal(self.minimum))
            or (self.maximum is not None and value > Decimal(self.maximum))
            or (self.above is not None and value <= Decimal(self.above))
        ):
            words = [
                f"at least {self.minimum}" if self.minimum is not None else "",
                f"above {self.above}" if self.above is not None else "",
                f"at most {self.maximum}" if self.maximum is not None else "",
            ]
            raise invalid(
                "config/out-of-range",
                f"{value} is outside the metric's range",
                "write a number " + " and ".join(w for w in words if w),
            )
        return value


def shorten(text: str) -> str:
    """Cut a value that is quoted in a message."""
    return text if len(text) <= 60 else f"{text[:59]}…"


def pattern(expression: str, what: str, example: str) -> AfterValidator:
    """Require the whole string to match; `what` completes "is not ..."."""
    compiled = re.compile(expression)

    def check(value: str) -> str:
        if not compiled.fullmatch(value):
            raise invalid(
                "config/bad-format", f"`{shorten(value)}` is not {what}", f"write {example}"
            )
        return value

    return AfterValidator(check)


def length(maximum: int, minimum: int = 1) -> AfterValidator:
    """Require a string of `minimum` to `maximum` characters, counted as Bicep does in UTF-16."""

    def check(value: str) -> str:
        count = len(value.encode("utf-16-le", "surrogatepass")) // 2
        if not minimum <= count <= maximum:
            raise invalid(
                "config/too-long",
                f"the text has {count} characters, allowed are {minimum} to {maximum}",
                "shorten it" if value else "write a text",
            )
        return value

    return AfterValidator(check)


def _duration(value: object) -> object:
    if not isinstance(value, str):
        return value
    duration = parse_duration(value)
    if not duration:
        raise invalid(
            "config/bad-format",
            f"`{shorten(value)}` is not an ISO 8601 duration above zero",
            "write days, hours and minutes such as P1D or PT4H30M",
        )
    return duration


Duration = Annotated[
    timedelta, BeforeValidator(_duration), WithJsonSchema({"type": "string", "format": "duration"})
]


def _temporal(parse: Callable[[str], date], example: str) -> BeforeValidator:
    def convert(value: object) -> object:
        if not isinstance(value, str):
            return value
        try:
            moment = parse(value)
        except ValueError:
            raise invalid(
                "config/bad-format",
                f"`{shorten(value)}` is no day or time that exists",
                f"write it in the form {example}",
            ) from None
        if not 2000 <= moment.year <= 2200:
            raise invalid(
                "config/out-of-range",
                f"the year {moment.year} is more likely a typing error",
                "write a year from 2000 to 2200",
            )
        return moment

    return BeforeValidator(convert)


Date = Annotated[
    date,
    _temporal(date.fromisoformat, "2027-03-31"),
    WithJsonSchema({"type": "string", "format": "date"}),
]
Moment = Annotated[
    datetime,
    _temporal(datetime.fromisoformat, "2027-03-31T22:00:00Z"),
    WithJsonSchema({"type": "string"}),
]
"""A time; without an offset it is local to the plant's time zone."""


def to_utc(moment: datetime, timezone: Any) -> datetime:
    """Convert to UTC; a naive time is local to `timezone` (tzinfo)."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=timezone)).astimezone(UTC)


_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def _text(value: str) -> str:
    if _CONTROL.search(value):
        raise invalid("config/bad-format", "the text holds a control character", "remove it")
    return value


Text = Annotated[str, AfterValidator(_text), length(MAX_DESCRIPTION)]
ShortText = Annotated[str, AfterValidator(_text), length(256)]
Identifier = Annotated[
    str,
    pattern(
        r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}",
        "an id of letters, digits, `.`, `_`, `-`",
        "an id such as PLANT001: at most 64 letters, digits, `.`, `_`, `-`",
    ),
]
FeatureName = Annotated[
    str,
    pattern(
        r"[A-Za-z_][A-Za-z0-9_]{0,44}",
        "a column name",
        "letters, digits and `_`, such as flow_rate",
    ),
]
SecretName = Annotated[
    str,
    pattern(
        r"[a-z][a-z0-9]*(-[a-z0-9]+)*",
        "the name of a secret",
        "lower-case words joined by hyphens, such as teams-webhook",
    ),
    length(60),
]
Email = Annotated[
    str,
    pattern(
        r"[^@\s\"'()\[\]<>:,;\\]+@[^@\s\"'()\[\]<>:,;\\]+\.[^@\s\"'()\[\]<>:,;\\.]+",
        "an e-mail address",
        "an address such as team@company.com",
    ),
    length(MAX_EMAIL_ADDRESS),
]
Guid = Annotated[
    str,
    pattern(
        r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
        "a GUID",
        "a GUID such as 7a1c5b0e-3d52-4f1b-9a64-2f0f2f3b6c11",
    ),
]
ResourceGroupName = Annotated[
    str,
    pattern(
        r"[\w().-]{0,89}[\w()-]",
        "a resource group name (1-90 characters)",
        "a name such as rg-mlops-prod: letters, digits, `-`, `_`, `.`, parentheses",
    ),
]
HttpsUrl = Annotated[
    str,
    pattern(
        r"https://[^\s\"'<>\\^`{|}]+",
        "an https URL",
        "an address such as https://company.com/runbooks",
    ),
    length(2048),
]

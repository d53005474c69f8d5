"""Whether a circuit's data can be trusted: judged before drift, and instead of it where not.

`check_circuit` holds the readings of one circuit against what the configuration asks
(`Requirements`) and against its own reference, and returns frozen records. Nothing here reads,
prints or knows the time.
"""

from monitoring.quality.checking import check_circuit
from monitoring.quality.definitions import CHECKS, CheckDefinition
from monitoring.quality.records import Check, CircuitQuality, FeatureQuality, QualityStatus
from monitoring.quality.requirements import RateLimit, Requirements
from monitoring.quality.settings import QualitySettings

__all__ = [
    "CHECKS",
    "Check",
    "CheckDefinition",
    "CircuitQuality",
    "FeatureQuality",
    "QualitySettings",
    "QualityStatus",
    "RateLimit",
    "Requirements",
    "check_circuit",
]

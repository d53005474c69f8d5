"""Reference datasets: what a circuit's readings looked like when its model was accepted.

A circuit's folder is what its rendered Azure ML monitor reads, so that both compare with the same
data:

    PLANT001/CIRCUIT01/
        MLTable                        the version in force: the only pointer, one small file
        v-2026-11-20-1a2b3c4d/
            data.parquet               the features and nothing else
            baseline.json              what it was made of, and digests of both
        accepted.jsonl                 who accepted which version, when and why

A version is written before `MLTable` names it, and never changed afterwards.
"""

from monitoring.baselines.accepting import Acceptance, accept
from monitoring.baselines.creating import Creation, Outcome, create
from monitoring.baselines.errors import BaselineError
from monitoring.baselines.places import Places, Role, datastore
from monitoring.baselines.training import PinnedBaselines, pin

__all__ = [
    "Acceptance",
    "BaselineError",
    "Creation",
    "Outcome",
    "PinnedBaselines",
    "Places",
    "Role",
    "accept",
    "create",
    "datastore",
    "pin",
]

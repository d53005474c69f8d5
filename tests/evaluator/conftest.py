"""The evaluator's tests need the Kusto language service."""

import pytest

from evaluator.analysis.language_service import LanguageService, LanguageServiceMissing
from evaluator.tables import Table
from tests.conftest import skip


@pytest.fixture(autouse=True, scope="session")
def _language_service() -> None:
    try:
        LanguageService({"Sensor": Table("Sensor", {"Value": "real"})})
    except LanguageServiceMissing as error:
        skip(str(error))

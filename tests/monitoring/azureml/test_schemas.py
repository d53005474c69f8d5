"""What Azure ML's own library, which has the schemas, says of the definitions."""

import shutil
import warnings
from pathlib import Path
from typing import Any

import pytest

from generator.project import ROOT

DEFINITIONS = {
    "monitoring/azureml/daily-job.yml": "load_job",
    "monitoring/azureml/performance-job.yml": "load_job",
    "monitoring/azureml/drift-job.yml": "load_job",
    "monitoring/azureml/daily-schedule.yml": "load_schedule",
    # For `type: model`; the public loader knows the older form alone.
    "scoring/deployment.yml": "load_model_batch_deployment",
    "scoring/endpoint.yml": "load_batch_endpoint",
}


def test_every_definition_is_looked_at() -> None:
    folders = (ROOT / "monitoring" / "azureml", ROOT / "scoring")
    files = [file for folder in folders for file in folder.glob("*.yml")]
    stated = {str(f.relative_to(ROOT)) for f in files if "$schema" in f.read_text("utf-8")}

    assert stated == DEFINITIONS.keys()


@pytest.fixture
def staged(tmp_path: Path) -> Path:
    """The definitions beside what `make` puts together for them, here as empty files."""
    for name in ("monitoring/azureml", "scoring"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for name in ("azureml/score.py", "drift-job/drift_job.py", "drift-job/mlmon.zip"):
        file = tmp_path / ".staging" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    return tmp_path


def load(name: str, folder: Path) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from azure.ai.ml.entities import _load_functions as loaders

        return getattr(loaders, DEFINITIONS[name])(source=folder / name)


@pytest.mark.parametrize("name", DEFINITIONS)
def test_the_library_takes_the_definition(name: str, staged: Path) -> None:
    assert load(name, staged) is not None


@pytest.mark.parametrize("name", DEFINITIONS)
def test_the_library_refuses_a_key_that_it_does_not_know(name: str, staged: Path) -> None:
    file = staged / name
    file.write_text(file.read_text("utf-8") + "\ndescripton: misspelt\n", "utf-8")

    with pytest.raises(Exception, match="descripton"):
        load(name, staged)

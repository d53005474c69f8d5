"""A small copy of the shipped configuration, rendered where a test may change it."""

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from shutil import copytree

from deployment.origin import Origins
from deployment.target import Wanted
from generator import output
from generator.project import render_environments, validate
from tests.azure.endpoint import ArmEndpoint
from tests.azure.state import SUBSCRIPTION
from tests.deployment.conftest import ROOT

GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-mlops-prod"
ML_GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-mlops-ml-prod"
WORKSPACE = f"{ML_GROUP}/providers/Microsoft.MachineLearningServices/workspaces/mlw-prod"
COMPONENT = f"{GROUP}/providers/Microsoft.Insights/components/appi-mlops-prod"
PREPROCESSING = f"{WORKSPACE}/components/monitoring_preprocessing/versions/1"
OURS = {"managed-by": "mlmon", "environment": "prod"}

TODAY = date(2026, 11, 23)


@dataclass(frozen=True)
class SmallFleet:
    """The environment prod with few circuits, in a folder of its own."""

    folder: Path

    @classmethod
    def make(cls, folder: Path, *circuits: str, layout: str = "single") -> "SmallFleet":
        """Copy the shipped configuration and select circuits (`PLANT/CIRCUIT`)."""
        fleet = cls(folder)
        copytree(ROOT / "config", fleet.config)
        fleet.edit("layout: single", f"layout: {layout}")
        fleet.select(*circuits)
        return fleet

    @property
    def config(self) -> Path:
        return self.folder / "config"

    @property
    def out(self) -> Path:
        return self.folder / "rendered"

    @property
    def options(self) -> tuple[str, ...]:
        """Options of a command that point to it."""
        return ("--env", "prod", "--config", str(self.config), "--out", str(self.out))

    def edit(self, before: str, after: str) -> None:
        """Replace a text of the environment's file, which must be there."""
        path = self.config / "environments" / "prod.yaml"
        text = path.read_text(encoding="utf-8")
        assert before in text
        path.write_text(text.replace(before, after), encoding="utf-8")

    def select(self, *circuits: str) -> None:
        """Let the environment have these circuits, and render it."""
        path = self.config / "environments" / "prod.yaml"
        text = path.read_text(encoding="utf-8")
        chosen = f"circuits: {{circuits: [{', '.join(circuits)}]}}"
        path.write_text(re.sub(r"^circuits: .*$", chosen, text, flags=re.MULTILINE), "utf-8")
        self.render()

    def render(self) -> Wanted:
        """Render what is configured now."""
        configuration = validate(self.config, TODAY)
        (rendered,) = render_environments(configuration, ["prod"], self.out)
        output.write(self.out, {"prod": rendered.files})
        return Wanted(rendered, self.out, Origins(configuration, rendered))


def register_preprocessing(arm: ArmEndpoint) -> None:
    """Put the preprocessing component into the workspace of prod, as its registration does."""
    arm.add(PREPROCESSING, "2025-12-01")

"""What machines cost: Azure ML's Spark jobs for monitors, and our own nightly job."""

from dataclasses import dataclass

from cost.assumptions import Assumptions
from cost.prices import DAYS_A_MONTH, JOB_NODE, SPARK_NODE, SPARK_NODE_CORES
from generator.fleet import Fleet
from generator.monitors import monitors, performance_monitors

_CORES = {
    "Standard_E4s_v3": 4,
    "Standard_E8s_v3": 8,
    "Standard_E16s_v3": 16,
    "Standard_E32s_v3": 32,
    "Standard_E64s_v3": 64,
}


@dataclass(frozen=True, slots=True)
class MonitorCost:
    """What the Azure ML monitors of an environment cost a month."""

    circuits: int
    """Circuits with a daily monitor."""
    spark_jobs_a_day: float
    node_hours: float
    """In a month."""
    usd: float


def spark_jobs_a_day(fleet: Fleet, assumed: Assumptions) -> float:
    """Count the Spark jobs of a day; weekly monitors count a seventh."""
    daily = sum(len(m.signals) for m in monitors(fleet, fleet.circuits))
    weekly = sum(len(m.signals) for m in performance_monitors(fleet, fleet.circuits))
    return (daily + weekly / 7) * assumed.spark_jobs_a_signal


def monitor_cost(fleet: Fleet, assumed: Assumptions) -> MonitorCost:
    """Price the Azure ML monitors of an environment."""
    jobs = spark_jobs_a_day(fleet, assumed)
    hours = jobs * assumed.node_minutes_a_spark_job / 60 * DAYS_A_MONTH
    settings = fleet.environment.machine_learning.monitors
    size = 1.0 if settings is None else _CORES[settings.instance_type] / SPARK_NODE_CORES
    circuits = len(monitors(fleet, fleet.circuits))
    return MonitorCost(circuits, jobs, hours, hours * SPARK_NODE.usd * size)


def job_usd(assumed: Assumptions) -> float:
    """Price our own nightly job for a month, in USD."""
    return assumed.job_hours_a_night * DAYS_A_MONTH * JOB_NODE.usd

"""What an estimate cannot read from the configuration, each guess in a place of its own."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Assumptions:
    """Guesses that an estimate rests on; `sentences` prints them next to the numbers."""

    gauge_exports: int = 1
    """Rows of a gauge in a nightly run: it is set once, and sent when the run shuts down."""
    metric_rows_a_file: int = 1
    """Rows of the counter, and of the histogram, for one scored file."""
    flagged_share: float = 0.05
    """Share of circuits about which a run sends each event of a verdict."""
    failed_share: float = 0.01
    """Share of files that cannot be scored."""
    reporting_jobs: int = 3
    """Jobs of a night that report their end."""
    row_bytes: int = 350
    """Billed bytes of a row's common columns."""
    value_bytes: int = 20
    """Bytes of a property's value that the configuration does not give."""
    run_log_rows: int = 8
    """Log rows of one run in Azure ML."""
    run_log_bytes: int = 1_000
    """Bytes of such a row."""
    spark_jobs_a_signal: int = 7
    """Spark jobs of one signal of a monitor."""
    node_minutes_a_spark_job: float = 2.0
    """Minutes of all nodes of such a job together."""
    job_hours_a_night: float = 0.5
    """Hours that a machine runs for our own job."""
    calls_a_month: int = 10
    """How often an alert rule calls its groups."""
    data_days: int = 365
    """Days for which production data is kept."""
    baseline_days: int = 30
    """Days that a baseline holds."""

    def sentences(self) -> list[str]:
        """Say each guess in a sentence."""
        return [
            f"A nightly run sends {self.gauge_exports} row of each gauge, when it shuts down.",
            "A circuit scores one file in each `expected_every`; the file is one event, and "
            f"{self.metric_rows_a_file} row each of the counter and the histogram, which add up "
            "what happens in an export interval of 60 s.",
            f"A night finds drift, bad data and degradation in {self.flagged_share:.0%} of the "
            f"circuits each; {self.failed_share:.0%} of the files cannot be scored; "
            f"{self.reporting_jobs} jobs report their end.",
            f"A row is billed with {self.row_bytes} bytes of common columns, its name, and its "
            f"properties; a value that the configuration does not give has {self.value_bytes} "
            "bytes.",
            f"Azure ML logs {self.run_log_rows} rows of {self.run_log_bytes:,} bytes for each run; "
            "a scored file is two runs.",
            f"A signal of a monitor is {self.spark_jobs_a_signal} Spark jobs, each of "
            f"{self.node_minutes_a_spark_job:g} node minutes: a floor, to be measured on the first "
            "monitor.",
            f"Our own job runs {self.job_hours_a_night:g} hours a night on one machine, its set-up "
            "included.",
            f"Each alert rule calls its groups {self.calls_a_month} times a month, and a stateful "
            "one again when it resolves.",
            f"Each sensor sends 8 bytes each `sample_every`, as the row's time does; production "
            f"data is kept {self.data_days} days, a baseline holds {self.baseline_days}.",
            "The free 5 GB of the billing account are used by this environment alone.",
        ]


ASSUMPTIONS: Final = Assumptions()

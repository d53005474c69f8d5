"""A fleet that does not exist: its sensors, predictions and actuals, with seeded faults.

One table holds two resolutions, as a lake does that thins out what is old: one row an hour for the
history, one row a minute for the last weeks. A row of a full hour is there in both, so that the
whole history at one resolution is the rows whose timestamp is a full hour.
"""

from monitoring.simulation.circuits import SimulatedCircuit
from monitoring.simulation.faults import Fault, default_faults
from monitoring.simulation.generation import Simulation
from monitoring.simulation.writing import write_simulation

__all__ = ["Fault", "SimulatedCircuit", "Simulation", "default_faults", "write_simulation"]

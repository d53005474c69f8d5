"""What an environment costs a month, computed from its resolved fleet and rendered rules.

Pure: no network, no clock. Every price stands in `cost.prices`, every guess in `cost.assumptions`.
"""

from cost.assumptions import ASSUMPTIONS, Assumptions
from cost.estimate import Estimate, Line, estimate
from cost.savings import Saving, savings

__all__ = ["ASSUMPTIONS", "Assumptions", "Estimate", "Line", "Saving", "estimate", "savings"]

"""
The indices of all firms, kept while trades, firms and exposures change (`Live`).

A change costs what it moves, not what there is: `Live.build` solves once, each change pushes the
residual that it leaves, and the error of every figure stays below a bound that is stated with it.
"""

from graph.stress.live.live import Live
from graph.stress.live.results import Claims, Moved, Refresh

__all__ = ["Claims", "Live", "Moved", "Refresh"]

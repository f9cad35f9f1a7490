"""
Scenarios: what is hit and by how much, alone, together, or drawn in thousands.

`read` and `parse` take scenarios from data, `resolve` looks them up in a network, `run` says what
each costs. `simulate` draws first failures at random and counts what every draw costs in fen, by
group of firms; `measure` sums that up as EL, VaR and ES with their errors.
"""

from graph.stress.scenarios.failures import BLOCK, Drawn, Factor, Failures, Sampling
from graph.stress.scenarios.form import BOUNDS, Hit, Reach, Scenario, closing, combine, plain, write
from graph.stress.scenarios.groups import Groups, by_chain, by_label, by_tier
from graph.stress.scenarios.measures import Loss, Measures, measure
from graph.stress.scenarios.monte_carlo import MonteCarlo, Simulation, simulate
from graph.stress.scenarios.reading import nearest, parse, read
from graph.stress.scenarios.resolve import Places, Resolved, Unpaid, resolve
from graph.stress.scenarios.run import Outcome, run
from graph.stress.scenarios.stakes import Counted, Credit, Stakes, count

__all__ = [
    "BLOCK",
    "BOUNDS",
    "Counted",
    "Credit",
    "Drawn",
    "Factor",
    "Failures",
    "Groups",
    "Hit",
    "Loss",
    "Measures",
    "MonteCarlo",
    "Outcome",
    "Places",
    "Reach",
    "Resolved",
    "Sampling",
    "Scenario",
    "Simulation",
    "Stakes",
    "Unpaid",
    "by_chain",
    "by_label",
    "by_tier",
    "closing",
    "combine",
    "count",
    "measure",
    "nearest",
    "parse",
    "plain",
    "read",
    "resolve",
    "run",
    "simulate",
    "write",
]

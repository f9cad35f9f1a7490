"""
What to lend whom under all caps at once, and what one more fen of each cap would earn.

`LendingModel` holds a problem as a linear program: caps, losses by scenario and the average over
the worst of them. Its proposals keep every cap to the fen and every minimum ticket.
"""

from graph.stress.portfolio.exact import ExactSums, losses_e18, sums, tail_mean
from graph.stress.portfolio.model import LendingChange, LendingModel, LendingProposal
from graph.stress.portfolio.problem import (
    E12,
    NO_CAP,
    Caps,
    Entries,
    Lendable,
    LendingProblem,
    LossTail,
)

__all__ = [
    "E12",
    "NO_CAP",
    "Caps",
    "Entries",
    "ExactSums",
    "Lendable",
    "LendingChange",
    "LendingModel",
    "LendingProblem",
    "LendingProposal",
    "LossTail",
    "losses_e18",
    "sums",
    "tail_mean",
]

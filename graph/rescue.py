"""
Whom to support under a budget, so that a shock costs least, and what no choice can do better.

`choose` finds firms to support (greedy from several starts and local search, or every set of
few), `bound` says what any set within the budget saves at most. What support does is said by
`Candidates.keeps`; losses are at the fixed point (`graph.contagion.EXACT`).
"""

from graph.stress.rescue.bounds import Bound, bound
from graph.stress.rescue.losses import Candidates, Keeps, Saving, Stress
from graph.stress.rescue.search import Change, Method, Rescue, Step, choose

__all__ = [
    "Bound",
    "Candidates",
    "Change",
    "Keeps",
    "Method",
    "Rescue",
    "Saving",
    "Step",
    "Stress",
    "bound",
    "choose",
]

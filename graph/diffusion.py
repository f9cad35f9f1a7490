"""
How strongly firms are tied to others through what they sell and buy.

A measure of relation, never of money: what whose credit a core's carries is `graph.credit`.
"""

from graph.spread.proximity.columns import (
    Sources,
    Spreads,
    StrongSpreads,
    Walk,
    spread_all,
    spread_strong,
)
from graph.spread.proximity.ties import Dangling, Diffusion, Ties, Traded, spread

__all__ = [
    "Dangling",
    "Diffusion",
    "Sources",
    "Spreads",
    "StrongSpreads",
    "Ties",
    "Traded",
    "Walk",
    "spread",
    "spread_all",
    "spread_strong",
]

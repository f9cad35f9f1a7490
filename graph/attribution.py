"""
Whose loss it is: figures split into parts that sum to them, to the fen.

`attribute` splits an expected or tail loss over the firms that bear it (Euler), `attribute_trades`
and `carried_by` over the trades that carried it, `shapley` a scenario's loss over the firms that
are hit in it, `causes` the same with what is not paid.
"""

from graph.stress.attribution.causes import causes, hit_rows
from graph.stress.attribution.euler import Attribution, Measure, Part, attribute
from graph.stress.attribution.rounding import apportion, share_out
from graph.stress.attribution.shapley import EXACT_MAX, PAIRS_MIN, Game, Shapley, shapley
from graph.stress.attribution.trades import Carried, attribute_trades, carried_by

__all__ = [
    "EXACT_MAX",
    "PAIRS_MIN",
    "Attribution",
    "Carried",
    "Game",
    "Measure",
    "Part",
    "Shapley",
    "apportion",
    "attribute",
    "attribute_trades",
    "carried_by",
    "causes",
    "hit_rows",
    "shapley",
    "share_out",
]

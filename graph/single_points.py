"""
Single points of failure around a core, in money.

What supplies a core and cannot be gone around (`articulations`), who stands unseen behind several
of its first-tier suppliers (`shared`), and the least that parts it from its raw inputs
(`cut_trades`, `cut_firms`). Equations stand on top of the kernels `dominators`, `shared`, `cuts`.
"""

from graph.structure.single_points.around import Around, around, around_each
from graph.structure.single_points.articulations import Articulations, articulations
from graph.structure.single_points.cuts import CutTrades, FirmCut, TradeCut, cut_firms, cut_trades
from graph.structure.single_points.shared import Shared, shared
from graph.structure.single_points.supply import Region, Supply, region

__all__ = [
    "Around",
    "Articulations",
    "CutTrades",
    "FirmCut",
    "Region",
    "Shared",
    "Supply",
    "TradeCut",
    "around",
    "around_each",
    "articulations",
    "cut_firms",
    "cut_trades",
    "region",
    "shared",
]

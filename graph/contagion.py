"""
What a shock to some firms costs all others: production losses (ESRI) and equity losses (DebtRank).

A network is prepared once (`prepare`), then any number of scenarios run on it: `close` one,
`esri` many, `observe` the losses of chosen firms, `losses` those of everybody, `losses_by` those
of sectors, `rounds` step by step. Equity is `spread_equity`. A result has the same bits on any
number of threads.
"""

from graph.spread.equity.bracket import EquityBracket, bracket_equity
from graph.spread.equity.debtrank import DebtRank, Exposures, Kind, spread_equity
from graph.spread.production import stored
from graph.spread.production.cascade import close, esri, losses, losses_of, observe, rounds
from graph.spread.production.economy import DeadSector, Economy, Production, Rules, prepare
from graph.spread.production.fixed_point import EXACT, Bracket, bracket
from graph.spread.production.reports import GroupLosses, losses_by, markets_of
from graph.spread.production.results import (
    Block,
    Contagion,
    Esri,
    Losses,
    Observed,
    cut_e12,
    in_fen,
)
from graph.spread.production.runs import Precision
from graph.spread.shocks import Observers, Scenarios

__all__ = [
    "EXACT",
    "Block",
    "Bracket",
    "Contagion",
    "DeadSector",
    "DebtRank",
    "Economy",
    "EquityBracket",
    "Esri",
    "Exposures",
    "GroupLosses",
    "Kind",
    "Losses",
    "Observed",
    "Observers",
    "Precision",
    "Production",
    "Rules",
    "Scenarios",
    "bracket",
    "bracket_equity",
    "close",
    "cut_e12",
    "esri",
    "in_fen",
    "losses",
    "losses_by",
    "losses_of",
    "markets_of",
    "observe",
    "prepare",
    "rounds",
    "spread_equity",
    "stored",
]

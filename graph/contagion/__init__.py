"""
What a shock to some firms costs all others: production losses (ESRI) and equity losses (DebtRank).

A network is prepared once (`prepare`), then any number of scenarios run on it: `close` one,
`esri` many, `observe` the losses of chosen firms, `losses` those of everybody, `losses_by` those
of sectors, `rounds` step by step. Equity is `spread_equity`. A result has the same bits on any
number of threads.
"""

from graph.contagion.cascade import close, esri, losses, losses_of, observe, rounds
from graph.contagion.debtrank import DebtRank, Exposures, spread_equity
from graph.contagion.economy import Economy, Production, Rules, prepare
from graph.contagion.equity import EquityBracket, bracket_equity
from graph.contagion.fixed_point import EXACT, Bracket, bracket
from graph.contagion.reports import GroupLosses, losses_by, markets_of
from graph.contagion.results import (
    Block,
    Contagion,
    Esri,
    Losses,
    Observed,
    cut_e12,
    in_fen,
)
from graph.contagion.shocks import Observers, Scenarios

__all__ = [
    "EXACT",
    "Block",
    "Bracket",
    "Contagion",
    "DebtRank",
    "Economy",
    "EquityBracket",
    "Esri",
    "Exposures",
    "GroupLosses",
    "Losses",
    "Observed",
    "Observers",
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
]

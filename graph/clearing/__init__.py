"""
What firms pay each other when some cannot pay in full, and what their creditors lose.

`clear` finds the greatest payments, `stop_paying` what creditors lose when firms stop. For many
losses on one network, `prepare` clears it once and `clear_many` passes on what each loss takes.
"""

from graph.clearing.many import Shortfalls, clear_many
from graph.clearing.payments import Clearing, Debts, Seniority, Unpaid, clear, stop_paying
from graph.clearing.prepared import AssetLosses, Cleared, prepare
from graph.clearing.scratch import Changes

__all__ = [
    "AssetLosses",
    "Changes",
    "Cleared",
    "Clearing",
    "Debts",
    "Seniority",
    "Shortfalls",
    "Unpaid",
    "clear",
    "clear_many",
    "prepare",
    "stop_paying",
]

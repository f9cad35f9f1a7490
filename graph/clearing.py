"""
What firms pay each other when some cannot pay in full, and what their creditors lose.

`clear` finds the greatest payments, `stop_paying` what creditors lose when firms stop. For many
losses on one network, `prepare` clears it once and `clear_many` passes on what each loss takes.
"""

from graph.spread.payments.clearing import Clearing, Debts, Seniority, Unpaid, clear, stop_paying
from graph.spread.payments.many import Shortfalls, clear_many
from graph.spread.payments.prepared import AssetLosses, Cleared, prepare
from graph.spread.payments.scratch import Changes

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

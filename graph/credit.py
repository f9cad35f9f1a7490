"""
Credit passed down the tiers: documents move from holder to creditor, never more than there is.

In step s firm j may pass `share` of what arrived in step s - 1, per core, to its creditors m
in proportion to their claims R_mj, never above what is left of a claim, which the cores share in
proportion to what arrived:

    P = floor(min(left_mj arrived_jc / sum_c arrived_jc, share arrived_jc R_mj / sum_m R_mj))

Amounts under `cut_off` stay. Then left falls by all P, and arrived of m is the sum of its P.
Whole fen throughout: what is passed is moved, not added (docs/limits.md).
"""

from graph.spread.credit.assignment import pass_each, pass_on, pass_together
from graph.spread.credit.documents import Claims, Debts, Held, Passed, Rules
from graph.spread.credit.flows import Flows, Path

__all__ = [
    "Claims",
    "Debts",
    "Flows",
    "Held",
    "Passed",
    "Path",
    "Rules",
    "pass_each",
    "pass_on",
    "pass_together",
]

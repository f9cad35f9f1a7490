"""
Connected groups: firms that stand and fall together for who lends to them.

Control (`control`: a link of control, or more than half of the shares, what is controlled holding
for who controls it), and economic dependence (`reliances`: a share of receipts or expenditure
from one partner) tie firms into `groups`. Rules stand on top of
`structure/groups/kernels/control.py`.
"""

from graph.structure.groups.holdings import UNITS, Control, Holdings, control
from graph.structure.groups.joining import Groups, groups
from graph.structure.groups.reliances import SIDES, Reliances, reliances

__all__ = [
    "SIDES",
    "UNITS",
    "Control",
    "Groups",
    "Holdings",
    "Reliances",
    "control",
    "groups",
    "reliances",
]

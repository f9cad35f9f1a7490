"""
Risk on dependence: what the worsening of customers and suppliers adds to a firm's own risk.

Reported beside a firm's own PD, never in its place. The equation stands on top of
`structure/dependence/kernels/layers.py`.
"""

from graph.structure.dependence.chains import Chains, chains
from graph.structure.dependence.links import Dealings, Links
from graph.structure.dependence.rules import NOTCH, Rules
from graph.structure.dependence.spreading import Dependence, Operator, dependence, operator

__all__ = [
    "NOTCH",
    "Chains",
    "Dealings",
    "Dependence",
    "Links",
    "Operator",
    "Rules",
    "chains",
    "dependence",
    "operator",
]

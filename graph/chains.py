"""
Chains of core enterprises: who stands in which tier, and where each firm's sales end.

A chain holds the firms reached from a core over trades of some weight, upstream from buyer to
supplier, downstream from supplier to buyer. A path keeps one direction and may lead through
other cores. The core itself is no member of its chain.
"""

from graph.structure.chains.results import DIRECTIONS, DOWN, UP, Belonging, Chain, Chains, Members
from graph.structure.chains.search import SHARE_MIN, TIERS_MAX, find_chain, find_chains, strengths
from graph.structure.chains.shares import belonging

__all__ = [
    "DIRECTIONS",
    "DOWN",
    "SHARE_MIN",
    "TIERS_MAX",
    "UP",
    "Belonging",
    "Chain",
    "Chains",
    "Members",
    "belonging",
    "find_chain",
    "find_chains",
    "strengths",
]

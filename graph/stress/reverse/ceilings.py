"""
What sets of closures cost at most, from what each costs alone.

Losses of sets are not subadditive: when a market shrinks, who is left of it becomes harder to
replace (sigma rises with the losses). But let sigma_bar be no less than sigma is in any set S in
question, and let l_bar(S) be the losses when it stands fixed at sigma_bar. Then

1. l(S) <= l_bar(S): round for round, from the same shock, losses with the larger sigma are larger.
2. l_bar(S and T together) <= l_bar(S) + l_bar(T), firm by firm. With sigma fixed, a round takes
   sums of losses, the largest of such sums, and the smaller of that and 1. Each of these is
   subadditive and rises, and who closes in either set has lost 1 already. So the sum of both
   states is no less than its own image, and what is no less than its image lies above the least
   fixed point (Knaster-Tarski). The larger of both directions, weighted, is subadditive again.

So l(I with T) <= l_bar(I) + sum over T of l_bar(t).

sigma_bar comes from how much a market loses at most: no more than when all candidates close; and,
by 2. summed over a market, no more than the r largest losses that candidates alone cost it, where
r is how many a set can have. The second is taken of the first's sigma_bar, and once more of its
own.
"""

from dataclasses import dataclass, replace

import numpy as np
from scipy import sparse

from graph.arrays.dtypes import FloatArray, IntArray
from graph.spread.production.cascade import close, losses_of
from graph.spread.production.economy import Production
from graph.spread.production.fixed_point import EXACT
from graph.spread.production.kernels import structures as kernel
from graph.spread.production.kernels.structures import CascadeStructure
from graph.spread.shocks import Scenarios
from graph.stress.reverse.question import ROUNDING, TINY, Joint, PreparedQuestion

REFINED = 2  # Times; a third one brought nothing.
HELD_MAX = 1 << 25  # Losses of markets that are held to find the largest.


@dataclass(frozen=True, slots=True)
class Ceiling:
    """An economy with sigma fixed from above, and what each candidate costs in it alone."""

    production: Production
    alone: FloatArray


def ceiling(joint: Joint, size_max: int) -> Ceiling:
    """Return the ceiling for all sets of at most so many candidates."""
    asked = joint.asked
    production, structure = asked.question.production, asked.question.production.structure
    markets = len(structure.market_sales)
    whole = close(production, asked.rows.tolist(), rules=EXACT)
    joint.evaluations += 1
    shares = structure.market_share * whole.down[production.rows]
    lost = np.bincount(structure.market, shares, markets + 1)[:markets].astype(np.float64)
    fixed = _fixed(production, lost)
    for _ in range(REFINED):
        if size_max >= len(asked) or size_max * markets > HELD_MAX:
            break
        lost = np.minimum(lost, _most(fixed, asked, structure, size_max, joint.threads))
        joint.evaluations += len(asked)
        fixed = _fixed(production, lost)
    return Ceiling(fixed, joint.indices([(place,) for place in range(len(asked))], fixed))


def _fixed(production: Production, lost: FloatArray) -> Production:
    """Return the economy whose sigma is fixed where no market has lost more than that."""
    structure = production.structure
    left = np.append(1.0 - (lost * (1.0 + ROUNDING) + TINY), 0.0)[structure.market]
    kept = np.ones(len(left))
    np.divide(structure.market_share, left, out=kept, where=left > structure.market_share)
    return replace(production, structure=kernel.fixed(structure, kept))


def _most(
    fixed: Production,
    asked: PreparedQuestion,
    structure: CascadeStructure,
    size_max: int,
    threads: int,
) -> FloatArray:
    """Return the sum of the largest losses that so many candidates alone cost every market."""
    firms, markets = len(structure.market), len(structure.market_sales)
    places = (np.arange(firms), structure.market)
    shares = sparse.csr_array((structure.market_share, places), shape=(firms, markets + 1))
    everybody: IntArray = fixed.rows  # In the order of the structure.
    most = np.zeros((size_max, markets))
    alone = Scenarios.alone(asked.rows)
    for block in losses_of(fixed, alone, everybody, rules=EXACT, threads=threads):
        both = np.concatenate([most, (block.down @ shares)[:, :markets]])
        most = np.partition(both, len(both) - size_max, axis=0)[len(both) - size_max :]
    return np.asarray(np.sort(most, axis=0).sum(axis=0), np.float64)

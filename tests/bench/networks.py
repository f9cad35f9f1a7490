"""
The economies that the engine is measured on.

Degrees and amounts have heavy tails (about 2.5), there are 64 sectors of uneven size that each buy
from 8 to 20, eight or nine trades a firm, a sixth of the firms sells to nobody. Goods are essential
for makers of goods, with a fifth of exceptions; all else is class 1. 15 to 60 % of revenue goes to
final demand. With `stated` the revenue counts as denominator and weight, else sales inside do.
"""

import numpy as np
import numpy.typing as npt

from graph.contagion import Economy

SECTORS, MAKERS = 64, 38
TRADES_A_FIRM = 9
FloatArray = npt.NDArray[np.float64]


def _sizes(random: np.random.Generator, firms: int, tail: float, rank: FloatArray) -> FloatArray:
    """Sizes with a body and a tail, larger where the rank is."""
    body = np.exp(0.9 * random.standard_normal(firms))
    large = random.random(firms) < 0.12
    body[large] = np.exp(0.9) * (1.0 - random.random(int(large.sum()))) ** (-1.0 / tail)
    sizes = np.empty(firms)
    sizes[np.argsort(0.55 * rank + 0.83 * random.standard_normal(firms))] = np.sort(body)
    return np.minimum(sizes, 0.03 * sizes.sum() / TRADES_A_FIRM)


def engine_economy(firms: int, *, stated: bool) -> Economy:
    """Return an economy, the same for the same size."""
    random = np.random.default_rng(7)
    sectors = random.choice(SECTORS, firms, p=random.dirichlet(np.full(SECTORS, 1.2)))
    rank = random.standard_normal(firms)
    buying, selling = (_sizes(random, firms, tail, rank) for tail in (1.4, 1.25))
    buyers = np.repeat(
        np.arange(firms), random.multinomial(TRADES_A_FIRM * firms, buying / buying.sum())
    )
    wanted = np.empty(len(buyers), np.int64)
    for sector in range(SECTORS):
        own = sectors[buyers] == sector
        among = random.choice(SECTORS, random.integers(8, 21), replace=False)
        shares = random.dirichlet(np.full(len(among), 0.6))
        wanted[own] = random.choice(among, int(own.sum()), p=shares)
    suppliers = np.empty(len(buyers), np.int64)
    for sector in range(SECTORS):
        members = np.flatnonzero(sectors == sector)
        asked = wanted == sector
        pull = selling[members] / selling[members].sum()
        suppliers[asked] = random.choice(members, int(asked.sum()), p=pull)
    kept = suppliers != buyers
    suppliers, buyers = suppliers[kept], buyers[kept]
    scale = np.exp(0.825 * rank + 0.73 * random.standard_normal(firms))
    amounts = np.exp(1.2 * random.standard_normal(len(buyers)))
    amounts *= np.sqrt(scale[suppliers] * scale[buyers]) * 1e5
    sales = np.bincount(suppliers, amounts, firms)
    revenue = np.where(sales > 0, sales, scale * 1e5) / (1.0 - random.uniform(0.15, 0.6, firms))
    kinds = np.ones((SECTORS, SECTORS), np.int64)
    kinds[:MAKERS, :MAKERS] = np.where(random.random((MAKERS, MAKERS)) < 0.2, 1, 2)
    return Economy(
        firms,
        suppliers,
        buyers,
        amounts,
        kinds[sectors[suppliers], sectors[buyers]],
        sectors,
        revenue=revenue if stated else None,
        weights=revenue if stated else None,
    )

"""
Yearly amounts on every pair, so that what firms buy fits what they sell.

Up the chains a buyer spends its sales times its sector's share of purchases; its suppliers' sales
follow, and theirs in turn, until nothing moves. Down the chains a distributor sells what it bought
with its margin. What the listed firms do not sell to or buy from each other goes outside.
"""

from dataclasses import dataclass

import numpy as np

from graph.errors import NotConverged
from ingestion.demo.economy.draws import by_weight
from ingestion.demo.economy.network import IDLE, TradeStructure
from ingestion.demo.economy.plan import Plan
from ingestion.demo.economy.sectors import BoolArray, FloatArray, IntArray, sectors

ROUNDS_MAX = 200
TOLERANCE = 1e-9
AMOUNT_MIN = 3_000.0  # Yuan a year; smaller relations are not worth an invoice.
CORE_SALES_MEDIAN = 2.8e9
INSIDE, CONTRA, SOLD_OUTSIDE, BOUGHT_OUTSIDE = range(4)


@dataclass(frozen=True, slots=True)
class YearlyFlows:
    """
    Pairs with their yearly amount in yuan; firms from `firms` on are outside.

    `kind` says whether a pair is of the chains, a contra pair, or with a firm outside.
    """

    firms: int
    outside: int
    supplier: IntArray
    buyer: IntArray
    amount: FloatArray
    kind: IntArray
    sales: FloatArray
    cost_share: FloatArray

    @property
    def inside(self) -> BoolArray:
        """Return which pairs are between listed firms."""
        inside: BoolArray = (self.kind == INSIDE) | (self.kind == CONTRA)
        return inside


def flows(plan: Plan, made: TradeStructure) -> YearlyFlows:
    """
    Return the yearly amounts.

    Raises:
        NotConverged: Amounts still moved after the bound on rounds.
    """
    random = plan.random("flows")
    down = made.role[made.buyer] < 0
    cost_share = np.clip(
        sectors().purchases[made.sector] + random.normal(0.0, 0.05, made.firms), 0.3, 0.92
    )
    cost_share[made.role < 0] = random.uniform(0.84, 0.94, int((made.role < 0).sum()))
    weight = _weights(random, made)
    core_sales = np.exp(random.normal(np.log(CORE_SALES_MEDIAN), 1.0, made.cores))
    size = made.fitness[: made.cores]
    core_sales *= np.sqrt(size / np.median(size))
    outward = _outward(random, made)
    sales, amount = _upstream(made, weight * ~down, core_sales, outward, cost_share)
    _downstream(made, weight * down, sales, amount, cost_share)
    kept = amount >= AMOUNT_MIN
    pairs = [(made.supplier[kept], made.buyer[kept], amount[kept], INSIDE)]
    pairs.append(_contra(random, made, amount))
    outside = max(6, plan.firms // 8)
    pairs += _outside(random, made, _Balance(sales, amount, cost_share, outside))
    return _joined(made, pairs, sales=sales, cost_share=cost_share, outside=outside)


def _joined(
    made: TradeStructure,
    pairs: list[tuple[IntArray, IntArray, FloatArray, int]],
    *,
    sales: FloatArray,
    cost_share: FloatArray,
    outside: int,
) -> YearlyFlows:
    kinds = [np.full(len(pair[0]), pair[3], dtype=np.int64) for pair in pairs]
    return YearlyFlows(
        firms=made.firms,
        outside=outside,
        supplier=np.concatenate([pair[0] for pair in pairs]),
        buyer=np.concatenate([pair[1] for pair in pairs]),
        amount=np.concatenate([pair[2] for pair in pairs]),
        kind=np.concatenate(kinds),
        sales=sales,
        cost_share=cost_share,
    )


def _weights(random: np.random.Generator, made: TradeStructure) -> FloatArray:
    """Return how much of a partner's budget a pair asks for, before it is shared out."""
    noise = np.exp(random.normal(0.0, 0.9, len(made.supplier)))
    able: FloatArray = np.sqrt(made.fitness[made.supplier]) * noise
    main = np.where(made.primary, 1.5 + 5.0 * made.dependence[made.supplier], 1.0)
    return able * main


def _outward(random: np.random.Generator, made: TradeStructure) -> FloatArray:
    """Return the share of a firm's sales that goes outside: little where it lives on one chain."""
    return np.clip(
        0.55 * (1.0 - made.dependence) + random.normal(0.0, 0.06, made.firms), 0.02, 0.65
    )


def _upstream(
    made: TradeStructure,
    weight: FloatArray,
    core_sales: FloatArray,
    outward: FloatArray,
    cost_share: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Return sales of firms and amounts of pairs up the chains, at rest."""
    firms = made.firms
    budget = np.bincount(made.buyer, weights=weight, minlength=firms)
    count = np.bincount(made.buyer[weight > 0], minlength=firms)
    covered = 0.6 * (1.0 - np.exp(-count / 3.0))
    covered[: made.cores] = 0.85
    share = weight / np.where(budget > 0, budget, 1.0)[made.buyer]
    sales = np.zeros(firms)
    sales[: made.cores] = core_sales
    amount = np.zeros(len(share))
    for _ in range(ROUNDS_MAX):
        amount = (sales * cost_share * covered)[made.buyer] * share
        after = np.bincount(made.supplier, weights=amount, minlength=firms) / (1.0 - outward)
        after[: made.cores] = core_sales
        moved = float(np.max(np.abs(after - sales) / np.maximum(after, 1.0)))
        sales = after
        if moved <= TOLERANCE:
            return sales, amount
    raise NotConverged(f"amounts still moved by {moved:.2e} after {ROUNDS_MAX} rounds")


def _downstream(
    made: TradeStructure,
    weight: FloatArray,
    sales: FloatArray,
    amount: FloatArray,
    cost_share: FloatArray,
) -> None:
    """Fill in the pairs down the chains, cores to distributors, then distributors to theirs."""
    budget = np.bincount(made.supplier, weights=weight, minlength=made.firms)
    down_share = np.zeros(made.firms)
    down_share[: made.cores] = sectors().sells_down[made.sector[: made.cores]] * 0.7
    down_share[made.role < 0] = 0.45
    for step in (1, 2):
        here = (weight > 0) & (made.role[made.buyer] == -step)
        spent = (sales * down_share)[made.supplier] * weight
        amount[here] = (spent / np.where(budget > 0, budget, 1.0)[made.supplier])[here]
        bought = np.bincount(made.buyer[here], weights=amount[here], minlength=made.firms)
        members = made.role == -step
        sales[members] = (bought / (0.9 * cost_share))[members]


def _contra(
    random: np.random.Generator, made: TradeStructure, amount: FloatArray
) -> tuple[IntArray, IntArray, FloatArray, int]:
    """Return a few pairs the other way round: the buyer sells its supplier something too."""
    known = set(zip(made.supplier.tolist(), made.buyer.tolist(), strict=True))
    # A core that sells to its supplier draws a whole other chain into that supplier's: rarely.
    chance = np.where(made.buyer < made.cores, 0.001, 0.01)
    drawn = np.flatnonzero((random.random(len(amount)) < chance) & (amount > 50_000))
    fresh = [
        at for at in drawn.tolist() if (int(made.buyer[at]), int(made.supplier[at])) not in known
    ]
    places = np.array(fresh, dtype=np.int64)
    back = amount[places] * random.uniform(0.05, 0.5, len(places))
    return made.buyer[places], made.supplier[places], np.maximum(back, AMOUNT_MIN), CONTRA


@dataclass(frozen=True, slots=True)
class _Balance:
    """What the pairs inside leave open."""

    sales: FloatArray
    amount: FloatArray
    cost_share: FloatArray
    outside: int


def _outside(
    random: np.random.Generator, made: TradeStructure, balance: _Balance
) -> list[tuple[IntArray, IntArray, FloatArray, int]]:
    """Return the pairs with firms outside: rest of the sales, rest of the purchases."""
    firms, sales, amount = made.firms, balance.sales, balance.amount
    sold = np.bincount(made.supplier, weights=amount, minlength=firms)
    bought = np.bincount(made.buyer, weights=amount, minlength=firms)
    open_sales = np.maximum(sales - sold, 0.0) * (made.role != IDLE)
    open_sales[: made.cores] *= 0.3  # Cores sell most of the rest to people, who get no invoice.
    open_cost = np.maximum(sales * balance.cost_share - bought, 0.0) * (made.role != IDLE)
    half = balance.outside // 2  # Customers and suppliers apart: no chain leads through outside.
    popular = np.arange(1, half + 1, dtype=np.float64) ** -0.45
    pairs = []
    for rest, mean, kind in ((open_sales, 1.3, SOLD_OUTSIDE), (open_cost, 0.6, BOUGHT_OUTSIDE)):
        count = np.where(rest > AMOUNT_MIN, 1 + random.poisson(mean, firms), 0)
        firm = np.repeat(np.arange(firms), count)
        first = firms + (half if kind == BOUGHT_OUTSIDE else 0)
        other = first + random.permutation(half)[by_weight(random, popular, len(firm))]
        part = random.gamma(1.5, 1.0, len(firm))
        total = np.bincount(firm, weights=part, minlength=firms)
        value = rest[firm] * part / total[firm]
        order = np.unique(firm * (firms + balance.outside) + other, return_index=True)[1]
        order = order[value[order] >= AMOUNT_MIN]
        ends = (firm, other) if kind == SOLD_OUTSIDE else (other, firm)
        pairs.append((ends[0][order], ends[1][order], value[order], kind))
    return pairs

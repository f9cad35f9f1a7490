"""
Firms and who sells to whom.

A supplier of tier k sells to firms of tier k - 1, a distributor of tier k buys from tier k - 1;
tier 0 are the cores. Who is chosen follows heavy-tailed sizes. What a firm sells is what its
buyers buy; it buys a part of that from its own suppliers, so money is the same on both sides.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ingestion.sources.demo.economy.names import REGIONS, SECTORS

Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
UP_SHARES = (0.36, 0.27, 0.16, 0.07, 0.03)
DOWN_SHARES = (0.08, 0.03)
YUAN_OF_A_CORE = 9e8
YUAN_MIN = 20_000.0  # A yearly trade below this is not worth an invoice.
SKIPPING = 0.06  # Part of the links that pass over a tier.


@dataclass(frozen=True, slots=True)
class World:
    """Firms by row (cores first) and yearly trade between them, in yuan."""

    cores: int
    level: Rows  # 0 core, 1 to 5 suppliers, -1 and -2 distributors.
    sector: Rows
    region: Rows
    size: Floats
    supplier: Rows
    buyer: Rows
    amount: Floats

    def __len__(self) -> int:
        return len(self.level)


def build(draw: np.random.Generator, cores: int, firms: int) -> World:
    """Return a world of some cores and some other firms."""
    level = np.concatenate([np.zeros(cores, np.int64), _levels(draw, firms)])
    size = draw.pareto(1.6, len(level)) + 1.0
    size[:cores] = draw.lognormal(0.0, 0.9, cores)
    sector = _sectors(draw, level)
    region = draw.choice(len(REGIONS), len(level), p=_decreasing(len(REGIONS)))
    supplier, buyer = _links(draw, level, size)
    amount = _amounts(draw, level, size, (supplier, buyer))
    keep = amount >= YUAN_MIN
    return World(cores, level, sector, region, size, supplier[keep], buyer[keep], amount[keep])


def _levels(draw: np.random.Generator, firms: int) -> Rows:
    levels = np.array([1, 2, 3, 4, 5, -1, -2])
    shares = np.array([*UP_SHARES, *DOWN_SHARES])
    found = draw.choice(levels, firms, p=shares / shares.sum())
    found[: min(firms, 7)] = levels[: min(firms, 7)]
    return found.astype(np.int64)


def _decreasing(count: int) -> Floats:
    weights: Floats = 1.0 / np.arange(1, count + 1)
    return np.asarray(weights / weights.sum(), np.float64)


def _sectors(draw: np.random.Generator, level: Rows) -> Rows:
    tiers = np.array([tier for _, _, tier in SECTORS])
    found = np.zeros(len(level), np.int64)
    for tier in np.unique(level):
        choices = np.flatnonzero(tiers == tier)
        here = level == tier
        found[here] = draw.choice(choices, int(here.sum()))
    return found


def _links(draw: np.random.Generator, level: Rows, size: Floats) -> tuple[Rows, Rows]:
    """Return distinct links between neighbouring tiers, and a few that skip one."""
    suppliers, buyers = [], []
    for tier in (1, 2, 3, 4, 5, -1, -2):
        own = np.flatnonzero(level == tier)
        near = tier - 1 if tier > 0 else tier + 1
        partners = np.flatnonzero(level == near)
        if not len(own) or not len(partners):
            continue
        count = np.minimum(1 + draw.geometric(0.38, len(own)), len(partners))
        ends = np.repeat(own, count)
        weights = size[partners] / size[partners].sum()
        chosen = draw.choice(partners, len(ends), p=weights)
        skip = draw.random(len(ends)) < SKIPPING
        chosen[skip] = draw.choice(np.flatnonzero(level == 0), int(skip.sum()))
        suppliers.append(ends if tier > 0 else chosen)
        buyers.append(chosen if tier > 0 else ends)
    pairs = np.unique(np.stack([np.concatenate(suppliers), np.concatenate(buyers)]), axis=1)
    return pairs[0].astype(np.int64), pairs[1].astype(np.int64)


def _amounts(
    draw: np.random.Generator, level: Rows, size: Floats, links: tuple[Rows, Rows]
) -> Floats:
    """Return yearly amounts: a buyer's purchases spread over its suppliers by weight."""
    supplier, buyer = links
    weight = size[supplier] ** 0.7 * draw.lognormal(0.0, 0.8, len(supplier))
    amount = np.zeros(len(supplier))
    sales = np.zeros(len(level))
    sales[level == 0] = YUAN_OF_A_CORE * size[level == 0]
    buys = draw.uniform(0.45, 0.8, len(level))
    for tier in range(6):
        here = (level[buyer] == tier) & (level[supplier] > 0)
        whole = np.zeros(len(level))
        np.add.at(whole, buyer[here], weight[here])
        part = weight[here] / whole[buyer[here]]
        amount[here] = sales[buyer[here]] * buys[buyer[here]] * part
        np.add.at(sales, supplier[here], amount[here])
    for tier in (0, -1):
        here = (level[supplier] == tier) & (level[buyer] < 0)
        whole = np.zeros(len(level))
        np.add.at(whole, supplier[here], weight[here])
        goes = 0.4 if tier == 0 else 0.6
        part = weight[here] / whole[supplier[here]]
        amount[here] = sales[supplier[here]] * goes * part
        np.add.at(sales, buyer[here], amount[here] * 1.08)
    return amount

"""Lending problems drawn at random: chains, obligors, groups and sectors under caps."""

from typing import Any

import numpy as np
from scipy import sparse

from graph.portfolio import E12, Caps, Entries, Lendable, LendingProblem, LossTail

SECTORS = 20
MACRO = 20
E6 = 10**6
YUAN_FEN = 100
NEED_FEN = 60 * 10_000 * YUAN_FEN  # The middle of what a firm asks for in a chain.
TICKET_FEN = 10 * 10_000 * YUAN_FEN


def whole(values: Any, scale: float = 1) -> Any:
    return np.asarray(np.rint(np.asarray(values) * scale), np.int64)


def economy(
    chains: int, firms: int, *, singles: int | None = None, seed: int = 0, ticket: int = 0
) -> LendingProblem:
    """
    Return a problem of so many chains and firms, two products each, under caps that bind.

    Args:
        chains: How many.
        firms: How many; most stand in one chain.
        singles: Scenarios in which one core fails; all cores by default.
        seed: What is drawn by.
        ticket: The least that is lent to one, in fen.
    """
    random = np.random.default_rng(seed)
    count = 1 + (random.random(firms) < 0.25) + (random.random(firms) < 0.08)
    supplier = np.repeat(np.arange(firms), count)
    likely = 1 / np.arange(1, chains + 1) ** 0.6
    chain = random.choice(chains, size=len(supplier), p=likely / likely.sum())
    key = np.unique(supplier * chains + chain)
    supplier, chain = np.repeat(key // chains, 2), np.repeat(key % chains, 2)
    order = np.tile([False, True], len(key))  # The second product: no document carries it.
    need = NEED_FEN * np.repeat(np.exp(random.normal(0, 1.2, len(key))), 2)
    most = whole(need * np.where(order, 0.4, 0.48))
    core_chance = np.clip(np.exp(random.normal(-5.5, 0.7, chains)), 3e-4, 0.05)[chain]
    own_chance = np.clip(np.exp(random.normal(-3.6, 0.8, firms)), 0.001, 0.3)[supplier]
    core_part = np.where(order, 0.15, 0.75)
    chance = core_part * core_chance + (1 - core_part) * own_chance
    lost = np.where(order, 0.45, 0.30)
    expected = whole(chance * lost, E12)
    gain = whole(np.where(order, 0.02, 0.011) + 0.6 * chance - chance * lost, E12)
    sector, group = random.integers(0, SECTORS, firms)[supplier], _groups(random, firms)[supplier]
    lines = [
        (chain, np.where(order, 0.3, 1.0), 0.3),
        (supplier, np.ones(len(order)), 0.7),
        (group, np.ones(len(order)), 0.6),
        (sector, np.ones(len(order)), 0.55),
        (np.zeros(len(order), np.int64), np.ones(len(order)), 0.45),
        (np.zeros(len(order), np.int64), expected / E12, 0.4),
    ]
    tail = _tail(
        random, (chain, supplier, sector), (order, lost, expected), most, singles or chains
    )
    return LendingProblem(
        Lendable(gain, most, np.full(len(most), ticket, np.int64)), _caps(lines, most), tail
    )


def _groups(random: np.random.Generator, firms: int) -> Any:
    """Return the group of each firm; -1 for the three quarters that stand in none."""
    found = np.full(firms, -1)
    members = random.permutation(firms)[: firms // 4]
    found[members] = random.integers(0, max(1, firms // 12), len(members))
    return found


def _caps(lines: Any, most: Any) -> Caps:
    """Return caps, each a part of what would be asked of it."""
    room: list[Any] = []
    row, candidate, weight, first = [], [], [], 0
    for of, weights, part in lines:
        there = np.flatnonzero(of >= 0)
        rows = int(of.max()) + 1
        asked = np.bincount(of[there], (weights * most)[there], rows)
        room.append(whole(asked * part))
        row.append(of[there] + first)
        candidate.append(there)
        weight.append(whole(weights[there], E12))
        first += rows
    entries = Entries(*(np.concatenate(each) for each in (row, candidate, weight)))
    return Caps(np.concatenate(room), entries)


def _tail(random: Any, keys: Any, figures: Any, most: Any, singles: int) -> LossTail:
    """Return losses where a core fails, also of what its firms borrow elsewhere, and of sectors."""
    (chain, supplier, sector), (order, lost, expected) = keys, figures
    chains = int(chain.max()) + 1
    largest = np.argsort(-np.bincount(chain, most, chains), kind="stable")[:singles]
    every = np.ones(len(chain))
    stands = sparse.csr_matrix((every, (chain, supplier)))
    both = (stands @ sparse.csr_matrix((every, (supplier, np.arange(len(chain))))))[largest].tocoo()
    own = chain[both.col] == largest[both.row]
    part = np.where(own, np.where(order[both.col], 0.12, 0.45), 0.06)
    alone = Entries(
        both.row.astype(np.int64), both.col.astype(np.int64), whole(part * lost[both.col], E12)
    )
    load = whole(1 + 3 * random.random((MACRO, SECTORS)), E6)
    macro = (load / E6) @ np.bincount(sector, expected / E12 * most, SECTORS)
    full = np.concatenate([np.bincount(both.row, part * (lost * most)[both.col], singles), macro])
    worst = np.sort(full)[-max(1, len(full) // 20) :].mean()
    return LossTail(
        alone, sector, expected, load, np.zeros(len(full), np.int64), whole(0.5 * full), 50_000,
        int(0.35 * worst),
    )  # fmt: skip

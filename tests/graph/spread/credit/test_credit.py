"""Passing documents on: worked examples, a literal reading, and its laws."""

from collections import defaultdict
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.credit import Claims, Held, Passed, Rules, pass_on
from graph.errors import InvalidInput
from tests.graph.effort import examples

RULES = Rules(Fraction(4, 5), steps_max=5, cut_off_fen=100_000)
Amounts = dict[tuple[int, int], int]
rows = st.integers(min_value=0, max_value=6)
pairs = st.tuples(rows, rows)
money = st.integers(min_value=0, max_value=10**9)
amounts = st.dictionaries(pairs, money, max_size=12)
claims = st.dictionaries(pairs.filter(lambda pair: pair[0] != pair[1]), money, max_size=14)
rules = st.builds(
    Rules,
    st.fractions(min_value=0, max_value=1, max_denominator=20),
    steps_max=st.integers(min_value=0, max_value=6),
    cut_off_fen=st.integers(min_value=0, max_value=10**6),
)


def literal(held: Amounts, owed: Amounts, by: Rules) -> list[tuple[int, ...]]:
    """Read the definition pair by pair."""
    left, before, moved = dict(owed), dict(held), []
    for step in range(1, by.steps_max + 1):
        taken, after = defaultdict(int), defaultdict(int)
        for (j, core), amount in before.items():
            everything = sum(a for (firm, _), a in before.items() if firm == j)
            whole = sum(a for (_, debtor), a in owed.items() if debtor == j)
            for (m, debtor), claim in owed.items():
                if debtor != j or not amount or not claim:
                    continue
                fair = Fraction(left[m, j] * amount, everything)
                part = int(min(fair, by.share * amount * claim / whole))
                if part and part >= by.cut_off_fen:
                    moved.append((step, core, j, m, part))
                    taken[m, j] += part
                    after[m, core] += part
        for pair, part in taken.items():
            left[pair] -= part
        before = after
    return sorted(moved)


def listed(passed: Passed) -> list[tuple[int, ...]]:
    table = [getattr(passed, name).tolist() for name in Passed.__slots__]
    return sorted(zip(*table, strict=True))


@settings(max_examples=examples(200))
@given(amounts, claims, rules)
def test_it_agrees_with_a_literal_reading(held: Amounts, owed: Amounts, by: Rules) -> None:
    assert listed(pass_on(Held.of(held), Claims.of(owed), by)) == literal(held, owed, by)


@given(amounts, claims, rules)
def test_what_stays_sums_to_what_was_held(held: Amounts, owed: Amounts, by: Rules) -> None:
    stays = defaultdict(int, held)
    for _, core, giver, taker, amount in listed(pass_on(Held.of(held), Claims.of(owed), by)):
        stays[giver, core] -= amount
        stays[taker, core] += amount

    assert min(stays.values(), default=0) >= 0
    for core in range(7):
        assert sum(a for (_, c), a in stays.items() if c == core) == sum(
            a for (_, c), a in held.items() if c == core
        )


@given(amounts, claims, rules)
def test_no_claim_carries_more_than_it_is(held: Amounts, owed: Amounts, by: Rules) -> None:
    along: Amounts = defaultdict(int)
    for _, _, giver, taker, amount in listed(pass_on(Held.of(held), Claims.of(owed), by)):
        along[taker, giver] += amount

    assert all(amount <= owed[pair] for pair, amount in along.items())


@given(amounts, claims, rules, st.permutations(range(7)))
def test_names_do_not_matter(held: Amounts, owed: Amounts, by: Rules, order: list[int]) -> None:
    def renamed(amounts: Amounts) -> Amounts:
        return {(order[a], order[b]): amount for (a, b), amount in amounts.items()}

    moved = listed(pass_on(Held.of(held), Claims.of(owed), by))
    again = listed(pass_on(Held.of(renamed(held)), Claims.of(renamed(owed)), by))

    assert again == sorted((s, order[c], order[g], order[t], a) for s, c, g, t, a in moved)


def test_two_cores_share_what_is_left_of_a_claim_by_what_arrived() -> None:
    held = Held.of({(1, 8): 300_000_000, (1, 9): 100_000_000})
    owed = Claims.of({(2, 1): 40_000_000})

    passed = pass_on(held, owed, RULES)

    assert listed(passed) == [(1, 8, 1, 2, 30_000_000), (1, 9, 1, 2, 10_000_000)]


def test_small_amounts_stay() -> None:
    held, owed = Held.of({(1, 0): 10_000_000}), Claims.of({(2, 1): 99_999, (3, 1): 100_000})

    assert listed(pass_on(held, owed, RULES)) == [(1, 0, 1, 3, 100_000)]


def test_what_arrives_moves_on_in_the_next_step() -> None:
    held = Held.of({(1, 0): 1_000_000_000})
    owed = Claims.of({(2, 1): 10**12, (3, 2): 10**12})

    assert listed(pass_on(held, owed, RULES)) == [
        (1, 0, 1, 2, 800_000_000),
        (2, 0, 2, 3, 640_000_000),
    ]


def test_products_beyond_64_bits_stay_exact() -> None:
    whole = 9 * 10**17
    passed = pass_on(Held.of({(1, 0): whole}), Claims.of({(2, 1): whole}), RULES)

    assert listed(passed) == [(1, 0, 1, 2, whole * 4 // 5)]


def test_nothing_held_or_owed_passes_nothing() -> None:
    assert len(pass_on(Held.of({}), Claims.of({(2, 1): 5}), RULES)) == 0
    assert len(pass_on(Held.of({(1, 0): 10**9}), Claims.of({}), RULES)) == 0


def test_equal_holdings_are_added_up() -> None:
    one = np.array([1, 1]), np.array([0, 0]), np.array([4 * 10**8, 6 * 10**8])

    passed = pass_on(Held(*one), Claims.of({(2, 1): 10**12}), RULES)

    assert passed.amount_fen.tolist() == [800_000_000]


def test_what_cannot_be_is_refused() -> None:
    owed = Claims.of({(2, 1): 5})
    twice = Claims(np.array([2, 2]), np.array([1, 1]), np.array([5, 6]))

    with pytest.raises(InvalidInput, match=r"share to pass on must be in \[0, 1\], not 6/5"):
        Rules(Fraction(6, 5), steps_max=5, cut_off_fen=0)
    with pytest.raises(InvalidInput, match="steps and cut-off"):
        Rules(Fraction(1, 2), steps_max=-1, cut_off_fen=0)
    with pytest.raises(InvalidInput, match="must not be negative"):
        pass_on(Held.of({(1, 0): -1}), owed, RULES)
    with pytest.raises(InvalidInput, match="stands twice"):
        pass_on(Held.of({(1, 0): 10**9}), twice, RULES)

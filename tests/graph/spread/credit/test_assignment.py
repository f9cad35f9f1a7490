"""All cores at once: bit for bit the second reading, each core alone, paths that sum, refusals."""

from collections import defaultdict
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.credit import (
    Claims,
    Debts,
    Flows,
    Held,
    Passed,
    Rules,
    pass_each,
    pass_on,
    pass_together,
)
from graph.errors import InvalidInput
from graph.spread.credit.kernels.division import ENOUGH, divided
from tests.graph.effort import examples
from tests.oracles import credit as oracle

Amounts = dict[tuple[int, int], int]
rows = st.integers(min_value=-2, max_value=7)
pairs = st.tuples(rows, rows)
# Small, everyday, and so large that products pass 64 bits and floats their digits.
money = st.one_of(
    st.integers(0, 40), st.integers(0, 10**9), st.integers(10**14, 10**17), st.just(3 * 10**15)
)
amounts = st.dictionaries(pairs, money, max_size=12)
claims = st.dictionaries(pairs, money, max_size=16)
rules = st.builds(
    Rules,
    st.one_of(
        st.fractions(min_value=0, max_value=1, max_denominator=20),
        st.floats(0, 1).map(lambda share: Fraction(share).limit_denominator(10**17)),
    ),
    steps_max=st.integers(min_value=0, max_value=5),
    cut_off_fen=st.sampled_from([0, 1, 30, 10**6]),
)
EIGHTY = Rules(Fraction(4, 5), steps_max=4, cut_off_fen=1)


def columns(passed: Passed) -> dict[str, list[int]]:
    return {name: getattr(passed, name).tolist() for name in Passed.__slots__}


@settings(max_examples=examples(120), deadline=None)
@given(amounts, claims, rules)
def test_together_is_bit_for_bit_the_second_reading(
    held: Amounts, owed: Amounts, by: Rules
) -> None:
    wanted = columns(oracle.pass_on(Held.of(held), Claims.of(owed), by))

    assert columns(pass_on(Held.of(held), Claims.of(owed), by)) == wanted
    assert columns(pass_on(Held.of(held), Debts.of(Claims.of(owed)), by)) == wanted


@settings(max_examples=examples(80), deadline=None)
@given(amounts, claims, rules)
def test_each_alone_is_as_if_there_were_no_other(held: Amounts, owed: Amounts, by: Rules) -> None:
    debts = Debts.of(Claims.of(owed))

    every = pass_each(Held.of(held), debts, by)

    for core in sorted({core for (_, core), amount in held.items() if amount}):
        mine = Held.of({pair: amount for pair, amount in held.items() if pair[1] == core})
        wanted = columns(oracle.pass_on(mine, Claims.of(owed), by))
        assert columns(pass_each(mine, debts, by).passed()) == wanted
        passed = every.passed()
        own = passed.core == core
        assert {name: getattr(passed, name)[own].tolist() for name in wanted} == wanted


def drawn(seed: int, firms: int = 40, cores: int = 9) -> tuple[Held, Debts]:
    rng = np.random.default_rng(seed)
    found = Claims.of(
        {
            (int(a), int(b)): int(10 ** rng.uniform(3, 15))
            for a, b in rng.integers(0, firms, (5 * firms, 2))
        }
    )
    holders = rng.integers(0, firms, (3 * cores, 1))
    held = {
        (int(firm), core % cores): int(10 ** rng.uniform(8, 15))
        for core, (firm,) in enumerate(holders)
    }
    return Held.of(held), Debts.of(found)


def same(one: Flows, other: Flows) -> bool:
    names = ("cores", "offsets", "claims", "amount_fen")
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in names)


@pytest.mark.parametrize("run", [pass_each, pass_together])
def test_threads_and_what_ran_before_change_nothing(run: type) -> None:
    held, debts = drawn(1)

    first = run(held, debts, EIGHTY)

    assert len(first) > 1000
    assert same(first, run(held, debts, EIGHTY, threads=3))
    assert same(first, run(held, debts, EIGHTY))


def test_a_firm_that_gives_twice_gives_no_claim_twice() -> None:
    held = Held.of({(0, 5): 1000})
    debts = Debts.of(Claims.of({(1, 0): 900, (0, 1): 900, (2, 0): 30}))

    flows = pass_each(held, debts, Rules(Fraction(1), steps_max=6, cut_off_fen=1))

    along: Amounts = defaultdict(int)
    passed = flows.passed()
    for giver, taker, amount in zip(
        passed.giver.tolist(), passed.taker.tolist(), passed.amount_fen.tolist(), strict=True
    ):
        along[taker, giver] += amount
    assert along == {(1, 0): 900, (0, 1): 900, (2, 0): 30}


@pytest.mark.parametrize("run", [pass_each, pass_together])
def test_paths_sum_to_what_arrived_and_begin_at_a_holder(run: type) -> None:
    held, debts = drawn(2, firms=12, cores=3)
    flows = run(held, debts, Rules(Fraction(2, 3), steps_max=3, cut_off_fen=1))
    owed = set(zip(debts.owed.creditors.tolist(), debts.owed.debtors.tolist(), strict=True))
    holders = set(zip(held.firm.tolist(), held.core.tolist(), strict=True))

    for core in flows.cores.tolist():
        for firm, amount in flows.arrived(core).items():
            paths = flows.paths(core, firm)
            assert sum(path.amount_fen for path in paths) == amount
            assert all(path.amount_fen > 0 and path.firms[-1] == firm for path in paths)
            assert all((path.firms[0], core) in holders for path in paths)
            for path in paths:
                ends = zip(path.firms[1:], path.firms[:-1], strict=True)
                assert {tuple(np.searchsorted(debts.firms, pair).tolist()) for pair in ends} <= owed


def test_paths_tell_through_whom() -> None:
    held = Held.of({(1, 9): 1000, (2, 9): 500})
    debts = Debts.of(Claims.of({(3, 1): 10**6, (3, 2): 10**6, (4, 3): 10**6}))

    found = pass_together(held, debts, Rules(Fraction(1, 2), steps_max=2, cut_off_fen=1))

    assert found.arrived(9) == {3: 750, 4: 375}
    assert [(path.firms, path.amount_fen) for path in found.paths(9, 4)] == [
        ((1, 3, 4), 250),
        ((2, 3, 4), 125),
    ]
    assert found.paths(9, 1) == []


@settings(max_examples=examples(150), deadline=None)
@given(st.data())
def test_division_of_wide_products_is_exact(data: st.DataObject) -> None:
    wide = st.one_of(st.integers(0, 2**20), st.integers(0, ENOUGH - 1))
    left, by = data.draw(wide), data.draw(wide) + 1
    right = data.draw(wide) % max(1, min(ENOUGH - 1, (ENOUGH - 2) * by // max(1, left)))
    more = data.draw(st.integers(0, by - 1))

    assert divided(left, right, more, by) == divmod(left * right + more, by)


def test_nothing_held_owed_or_known() -> None:
    nothing = Debts.of(Claims.of({}))

    assert len(pass_each(Held.of({(1, 0): 10**9}), nothing, EIGHTY)) == 0
    assert len(pass_together(Held.of({}), nothing, EIGHTY)) == 0
    assert (
        pass_each(Held.of({(7, 3): 5}), Debts.of(Claims.of({(2, 1): 5})), EIGHTY).arrived(3) == {}
    )


def test_what_cannot_be_is_refused() -> None:
    held, debts = drawn(4)
    flows = pass_each(held, debts, EIGHTY)
    large = 2**61

    with pytest.raises(InvalidInput, match="nothing was held for core 77"):
        flows.arrived(77)
    with pytest.raises(InvalidInput, match="on more than 3 paths"):
        flows.paths(0, max(flows.arrived(0), key=flows.arrived(0).__getitem__), paths_max=3)
    with pytest.raises(InvalidInput, match="owes 2\\^62 fen"):
        Debts.of(Claims.of({(2, 1): large, (3, 1): large}))
    with pytest.raises(InvalidInput, match="documents sum to 2\\^62"):
        pass_each(Held.of({(2, 1): large, (3, 1): large}), debts, EIGHTY)
    with pytest.raises(InvalidInput, match="too many digits"):
        pass_each(held, debts, Rules(Fraction(1, 2**63), steps_max=1, cut_off_fen=0))
    with pytest.raises(InvalidInput, match="threads 0"):
        pass_each(held, debts, EIGHTY, threads=0)

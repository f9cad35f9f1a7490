"""Many losses on one cleared network: each is what clearing from scratch finds."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.clearing import AssetLosses, Cleared, Debts, Shortfalls, clear, clear_many, prepare
from graph.errors import InvalidInput
from tests.graph.effort import examples
from tests.graph.spread.payments.test_clearing import RING, THREE, from_matrix

RECOVERIES = [(1.0, 1.0), (0.5, 0.7), (0.9, 0.0), (0.0, 1.0)]
FIGURES = ("payments", "equity", "defaults", "rounds", "waiting", "again")


@st.composite
def networks(draw: st.DrawFn) -> Debts:
    """Debts of two to nine firms, some in default, some without assets or with a lack of them."""
    n = draw(st.integers(2, 9))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    size = draw(st.integers(1, 4 * n))
    creditors, steps = random.integers(0, n, size), random.integers(1, n, size)
    stress, lack = draw(st.sampled_from([0.0, 0.3, 1.0, 4.0])), draw(st.sampled_from([0.0, 0.5]))
    assets = random.lognormal(0, 1, n) * stress * (random.random(n) < 0.8)
    assets -= random.lognormal(0, 1, n) * lack * (random.random(n) < 0.2)
    outside = random.lognormal(0, 1, n) * (
        random.random(n) < draw(st.sampled_from([0.0, 0.5, 1.0]))
    )
    amounts = random.lognormal(0, 1, size) * 10.0 ** draw(st.sampled_from([-6, 0, 9]))
    scale = amounts.mean()
    return Debts(n, creditors, (creditors + steps) % n, amounts, assets * scale, outside * scale)


def losses_on(debts: Debts, seed: int) -> AssetLosses:
    """Each firm loses all or a part alone; then pairs do."""
    random = np.random.default_rng(seed)
    n, scale = debts.firms, np.mean(debts.amounts)
    alone = np.abs(debts.external_assets) + scale * random.random(n) * (random.random(n) < 0.5)
    pairs = np.array([random.permutation(n)[:2] for _ in range(4)]).ravel()
    rows = np.concatenate([np.arange(n), np.arange(n), pairs])
    amounts = np.concatenate([alone, 0.1 * alone, scale * random.random(len(pairs))])
    offsets = np.concatenate([np.arange(2 * n + 1), 2 * n + np.arange(2, 2 * 4 + 1, 2)])
    return AssetLosses(offsets, rows, amounts)


def after(base: Cleared, found: Shortfalls, scenario: int) -> tuple[np.ndarray, np.ndarray]:
    """Payments and equity after one scenario."""
    assert found.changes is not None
    own = found.changes.of(scenario)
    columns = base.columns
    payment = base.found.payment.copy()
    payment[found.changes.rows[own]] -= found.changes.payments[own]
    claims = columns.claims @ base.found.levels[-1]
    equity = np.maximum(0.0, columns.assets + claims - base.found.liability)
    equity[found.changes.rows[own]] -= found.changes.equity[own]
    return payment, equity


def from_scratch(debts: Debts, losses: AssetLosses, scenario: int) -> Debts:
    own = slice(losses.offsets[scenario], losses.offsets[scenario + 1])
    return debts.with_losses(list(losses.rows[own]), list(losses.amounts[own]))


@settings(deadline=None, max_examples=examples(60))
@given(networks(), st.integers(0, 99), st.sampled_from(RECOVERIES), st.booleans())
def test_each_scenario_is_what_clearing_from_scratch_finds(
    debts: Debts,
    seed: int,
    recovery: tuple[float, float],
    first: bool,  # noqa: FBT001  # Drawn.
) -> None:
    terms = {
        "recovery_external": recovery[0],
        "recovery_internal": recovery[1],
        "seniority": "senior" if first else "pari-passu",
    }
    base, losses = prepare(debts, **terms), losses_on(debts, seed)

    found = clear_many(base, losses, changes=True)

    most = base.found.liability.max()
    for scenario in np.random.default_rng(seed).permutation(len(losses))[:5].tolist():
        shocked = from_scratch(debts, losses, scenario)
        wanted = clear(shocked, **terms)
        payment, equity = after(base, found, scenario)
        np.testing.assert_allclose(payment, wanted.payment, rtol=0, atol=2e-12 * most)
        fell = wanted.defaulted & ~base.found.defaulted
        own = found.changes.of(scenario)
        named = found.changes.rows[own][found.changes.rounds[own] != 0]
        assert named.tolist() == np.flatnonzero(fell).tolist()
        assert found.defaults[scenario] == fell.sum()
        claims = base.columns.claims @ wanted.levels[-1]
        left = np.maximum(0.0, np.array(shocked.external_assets) + claims - wanted.liability)
        largest = most + claims.max() + np.abs(shocked.external_assets).max()
        np.testing.assert_allclose(equity, left, rtol=0, atol=4e-12 * largest)
        total = (base.found.payment - wanted.payment).sum()
        np.testing.assert_allclose(found.payments[scenario], total, rtol=0, atol=2e-11 * most)
        np.testing.assert_allclose(
            found.changes.payments[own].sum(), found.payments[scenario], rtol=1e-12
        )
        np.testing.assert_allclose(
            found.changes.equity[own].sum(), found.equity[scenario], rtol=1e-12
        )


def rounds_from_above(base: Cleared, loss: np.ndarray, count: int) -> np.ndarray:
    """Rounds at which firms fail when all pay at once what they can after the round before."""
    columns, shares = base.columns, base.found.levels[-1].copy()
    owed, failed = base.found.liability, base.found.defaulted.copy()
    rounds = np.zeros(len(owed), np.int64)
    assets = columns.assets - loss
    for used in range(1, count + 1):
        claims = columns.claims @ shares
        new = ~failed & (assets + claims < owed * (1 - 1e-12))
        rounds[new], failed = used, failed | new
        means = base.recovery_external * np.maximum(assets, 0) + np.minimum(assets, 0)
        part = (means + base.recovery_internal * claims) / np.where(owed > 0, owed, 1.0)
        shares = np.where(failed, np.clip(part, 0, 1), 1.0)
    return rounds


@settings(deadline=None, max_examples=examples(30))
@given(networks(), st.integers(0, 99), st.sampled_from(RECOVERIES))
def test_firms_fail_in_the_round_in_which_all_paying_at_once_fells_them(
    debts: Debts, seed: int, recovery: tuple[float, float]
) -> None:
    base = prepare(debts, recovery_external=recovery[0], recovery_internal=recovery[1])
    losses = losses_on(debts, seed)

    found = clear_many(base, losses, changes=True)

    for scenario in np.flatnonzero(~found.again).tolist():
        loss = np.zeros(debts.firms)
        own = slice(losses.offsets[scenario], losses.offsets[scenario + 1])
        loss[losses.rows[own]] = losses.amounts[own]
        wanted = rounds_from_above(base, loss, int(found.rounds[scenario]))
        given = np.zeros(debts.firms, np.int64)
        rows = found.changes.of(scenario)
        given[found.changes.rows[rows]] = found.changes.rounds[rows]
        assert given.tolist() == wanted.tolist()


def test_a_chain_falls_firm_by_firm() -> None:
    # 0 owes 1, 1 owes 2, 2 owes 3: ten each; 0 has twelve, 1 and 2 have one besides.
    debts = Debts(4, [1, 2, 3], [0, 1, 2], [10, 10, 10], [12, 1, 1, 0], [0, 0, 0, 0])
    base = prepare(debts)

    found = clear_many(base, AssetLosses.alone([0, 0], [2, 8]), changes=True)

    np.testing.assert_allclose(found.payments, [0, 6 + 5 + 4], atol=1e-12)
    np.testing.assert_allclose(found.equity, [2, 2 + 1 + 1 + 4], atol=1e-12)
    assert found.defaults.tolist() == [0, 3]
    assert found.rounds.tolist() == [1, 3]
    own = found.changes.of(1)
    assert found.changes.rows[own].tolist() == [0, 1, 2, 3]
    assert found.changes.rounds[own].tolist() == [1, 2, 3, 0]
    np.testing.assert_allclose(found.changes.payments[own], [6, 5, 4, 0], atol=1e-12)


def test_three_banks_fall_to_what_is_published_from_a_richer_past() -> None:
    richer = replace(THREE, external_assets=np.array([2.5, 1.625, 1.75]))
    losses = AssetLosses.together([0, 1, 2], [2.0, 1.0, 1.0])
    wanted = {
        (1.0, 1.0): [1.473214, 1.419643, 1.5],
        (0.5, 0.7): [0.5020200, 0.5147049, 0.5653806],
    }
    for (alpha, beta), payments in wanted.items():
        base = prepare(richer, recovery_external=alpha, recovery_internal=beta)
        found = clear_many(base, losses, changes=True)

        assert not base.found.defaulted.any()
        np.testing.assert_allclose(after(base, found, 0)[0], payments, atol=5e-7)


def test_a_loss_that_leaves_the_greatest_payments_whole_changes_nothing() -> None:
    # Below them stands a lower vector that clears as well.
    debts = from_matrix([[0, 2], [2.2, 0]], [1.5, 1.5], [0, 0])
    base = prepare(debts, recovery_external=0.5, recovery_internal=0.5)

    found = clear_many(base, AssetLosses.together([0, 1], [0.5, 0.5]))

    assert found.payments.tolist() == [0.0]
    assert found.defaults.tolist() == [0]
    np.testing.assert_allclose(found.equity, [1.0])


def test_a_ring_whose_poorer_firms_fall_first_pays_what_clearing_from_scratch_finds() -> None:
    gamma, size, richer = 0.4, 6, 1.0
    owes = np.zeros((size, size))
    for i in range(size):
        owes[i, (i + 1) % size] = 1.0
    assets = np.where(np.arange(size) % 2 == 0, 0.2, 0.3)
    debts = from_matrix(owes.tolist(), (assets + richer).tolist(), [0.5] * size)
    losses = AssetLosses.together(range(size), [richer] * size)
    base = prepare(debts, recovery_external=gamma, recovery_internal=gamma)

    found = clear_many(base, losses, changes=True)

    wanted = clear(
        replace(debts, external_assets=assets), recovery_external=gamma, recovery_internal=gamma
    )
    np.testing.assert_allclose(after(base, found, 0)[0], wanted.payment, atol=1e-12)


@pytest.mark.parametrize(
    ("seniority", "loss", "equity_left"),
    [
        ("senior", (2.0, 2.0, 1.0), [0, 0, 2]),
        ("pari-passu", (2.0, 2.0, 1.0), [0, 0.8095, 2]),
        ("senior", (0.2, 0.2, 0.1), [0.8, 2.8, 2.9]),
    ],
)
def test_three_banks_in_a_ring_keep_what_is_published(
    seniority: str, loss: tuple[float, ...], equity_left: list[float]
) -> None:
    base = prepare(RING, seniority=seniority)  # type: ignore[arg-type]

    found = clear_many(base, AssetLosses.together([0, 1, 2], loss), changes=True)

    np.testing.assert_allclose(after(base, found, 0)[1], equity_left, atol=5e-5)


def test_a_ring_that_keeps_all_it_is_paid_is_cleared_from_scratch_and_marked() -> None:
    # Two firms owe each other ten and nobody else: each round they pay a millionth less.
    debts = Debts(3, [0, 1, 2], [1, 0, 0], [10, 10, 0], [0, 0, 1], [0, 0, 0])

    found = clear_many(prepare(debts), AssetLosses.alone([0, 2], [1e-5, 1]), changes=True)

    assert found.again.tolist() == [True, False]
    np.testing.assert_allclose(found.payments, [20, 0])
    assert found.defaults.tolist() == [2, 0]
    own = found.changes.of(0)
    assert found.changes.rows[own].tolist() == [0, 1]
    assert found.changes.rounds[own].tolist() == [-1, -1]
    assert found.changes.rows[found.changes.of(1)].tolist() == [2]


@settings(deadline=None, max_examples=examples(25))
@given(networks(), st.integers(0, 99), st.sampled_from(RECOVERIES))
def test_threads_and_order_change_no_bit_and_each_scenario_stands_alone(
    debts: Debts, seed: int, recovery: tuple[float, float]
) -> None:
    base = prepare(debts, recovery_external=recovery[0], recovery_internal=recovery[1])
    losses = losses_on(debts, seed)
    taken = losses.checked(debts.firms)
    one = clear_many(base, losses, changes=True)
    two = clear_many(base, losses, changes=True, threads=2)
    order = np.random.default_rng(seed).permutation(len(losses))
    parts = [np.arange(taken.offsets[k], taken.offsets[k + 1]) for k in order]
    places = np.concatenate(parts)
    mixed = AssetLosses(
        np.concatenate([[0], np.cumsum([len(part) for part in parts])]),
        taken.rows[places],
        taken.amounts[places],
    )

    other = clear_many(base, mixed)

    for name in FIGURES:
        assert getattr(one, name).tolist() == getattr(two, name).tolist()
        assert getattr(one, name)[order].tolist() == getattr(other, name).tolist()
    for name in ("offsets", "rows", "payments", "equity", "rounds"):
        assert getattr(one.changes, name).tolist() == getattr(two.changes, name).tolist()


@settings(deadline=None, max_examples=examples(25))
@given(networks(), st.integers(0, 99), st.booleans())
def test_neither_the_names_of_firms_nor_the_unit_of_money_count(
    debts: Debts,
    seed: int,
    first: bool,  # noqa: FBT001  # Drawn.
) -> None:
    seniority = "senior" if first else "pari-passu"
    losses = losses_on(debts, seed)
    places = np.random.default_rng(seed).permutation(debts.firms)
    back, unit = np.argsort(places), 1024.0
    renamed = Debts(
        debts.firms,
        places[debts.creditors],
        places[debts.debtors],
        np.array(debts.amounts) * unit,
        np.array(debts.external_assets)[back] * unit,
        np.array(debts.external_liabilities)[back] * unit,
    )
    moved = AssetLosses(losses.offsets, places[losses.rows], np.array(losses.amounts) * unit)

    found = clear_many(prepare(debts, seniority=seniority), losses)
    again = clear_many(prepare(renamed, seniority=seniority), moved)

    most = 1e-11 * np.bincount(debts.debtors, debts.amounts).max()
    np.testing.assert_allclose(again.payments / unit, found.payments, rtol=1e-9, atol=most)
    np.testing.assert_allclose(again.equity / unit, found.equity, rtol=1e-9, atol=most)
    assert again.defaults.tolist() == found.defaults.tolist()


@settings(deadline=None, max_examples=examples(25))
@given(networks(), st.sampled_from(RECOVERIES), st.floats(0, 5), st.floats(0, 5))
def test_a_larger_loss_never_costs_less_and_none_costs_nothing(
    debts: Debts, recovery: tuple[float, float], less: float, more: float
) -> None:
    base = prepare(debts, recovery_external=recovery[0], recovery_internal=recovery[1])
    scale = float(np.mean(debts.amounts))
    amounts = [0.0, less * scale, (less + more) * scale]

    found = clear_many(base, AssetLosses.alone([1, 1, 1], amounts))

    assert found.payments[0] == found.equity[0] == found.defaults[0] == found.rounds[0] == 0
    room = 1e-11 * base.found.liability.sum()
    assert (np.diff(found.payments) >= -room).all()
    assert (np.diff(found.equity) >= -room).all()
    assert (np.diff(found.defaults) >= 0).all()
    assert found.payments.max() <= base.found.payment.sum() + room


def test_small_firms_are_not_lost_beside_large_ones() -> None:
    # 0 owes 1 a billionth, 1 owes 2 the same; 3 owes 4 a thousand million millions.
    tiny, huge = 1e-9, 1e15
    debts = Debts(5, [1, 2, 4], [0, 1, 3], [tiny, tiny, huge], [tiny, 0, 0, huge, 0], [0] * 5)

    found = clear_many(prepare(debts), AssetLosses.alone([0, 3], [tiny / 4, huge / 4]))

    np.testing.assert_allclose(found.payments, [tiny / 2, huge / 4], rtol=1e-12)
    assert found.defaults.tolist() == [2, 1]


def test_no_scenarios_and_no_firms_cost_nothing() -> None:
    nobody = clear_many(prepare(Debts(0, [], [], [], [], [])), AssetLosses([0], [], []), threads=2)
    nothing = clear_many(prepare(THREE), AssetLosses([0, 0], [], []), changes=True)

    assert len(nobody.payments) == 0
    assert nothing.payments.tolist() == [0]
    assert nothing.changes is not None
    assert nothing.changes.offsets.tolist() == [0, 0]


def test_progress_is_told_of_every_scenario() -> None:
    told: list[int] = []

    clear_many(prepare(THREE), AssetLosses.alone([0, 1, 2], [1, 1, 1]), progress=told.append)

    assert sum(told) == 3


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        (([0, 1], [0], [-1.0]), "amounts: entry 0 is a gain: .* cleared anew"),
        (([0, 1], [0], [np.nan]), "amounts: entry 0 is missing"),
        (([0, 1], [3], [1.0]), "rows: entry 0 is no row of a firm"),
        (([0, 1], [0], [1.0, 2.0]), "differ in length"),
        (([0, 2], [0], [1.0]), "offsets do not run"),
        (([0, 2, 1, 2], [0, 1], [1.0, 1.0]), "offsets: entry 1 is larger than the next"),
        (([0, 2], [1, 1], [1.0, 1.0]), "stands twice"),
    ],
)
def test_losses_that_do_not_fit_are_refused_in_words(
    columns: tuple[list[int], list[int], list[float]], words: str
) -> None:
    with pytest.raises(InvalidInput, match=words):
        clear_many(prepare(THREE), AssetLosses(*columns))


def test_options_out_of_range_are_refused() -> None:
    with pytest.raises(InvalidInput, match="recovery"):
        prepare(THREE, recovery_internal=-0.1)
    with pytest.raises(InvalidInput, match="seniority"):
        prepare(THREE, seniority="junior")  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="threads"):
        clear_many(prepare(THREE), AssetLosses.alone([0], [1]), threads=0)

"""Clearing payments: published examples, the equations themselves, laws."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.clearing import Clearing, Debts, clear, stop_paying
from graph.errors import InvalidInput
from tests.graph.effort import examples


def from_matrix(owes: list[list[float]], assets: list[float], outside: list[float]) -> Debts:
    """Row i owes column j."""
    debtors, creditors = np.nonzero(owes)
    amounts = np.array(owes)[debtors, creditors]
    return Debts(len(owes), creditors, debtors, amounts, assets, outside)


def equity(debts: Debts, found: Clearing) -> np.ndarray:
    """What is left to the owners: assets with claims at what is paid, less all that is owed."""
    received = np.zeros(debts.firms)
    np.add.at(received, debts.creditors, debts.amounts * found.levels[-1][debts.debtors])
    return np.array(debts.external_assets) + received - found.liability


THREE = from_matrix(
    [[0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]], [0.5, 0.625, 0.75], [1.5, 0.5, 0.5]
)
RING = from_matrix([[0, 4, 0], [0, 0, 3], [2, 0, 0]], [20, 20, 10], [17, 18, 8])


def test_three_banks_pay_what_is_published() -> None:
    found = clear(THREE)

    np.testing.assert_allclose(found.payment, [1.473214, 1.419643, 1.5], atol=5e-7)
    assert found.defaulted.tolist() == [True, True, False]
    assert found.liability.tolist() == [2.5, 1.5, 1.5]


def test_three_banks_that_lose_by_failing_pay_what_is_published() -> None:
    found = clear(THREE, recovery_external=0.5, recovery_internal=0.7)

    np.testing.assert_allclose(found.payment, [0.5020200, 0.5147049, 0.5653806], atol=5e-8)
    assert found.defaulted.all()


def test_of_several_payments_that_clear_the_greatest_is_taken() -> None:
    debts = from_matrix([[0, 2], [2.2, 0]], [1, 1], [0, 0])

    found = clear(debts, recovery_external=0.5, recovery_internal=0.5)

    assert found.payment.tolist() == [2, 2.2]
    assert found.round.tolist() == [0, 0]


def test_a_circle_of_six_banks_fails_in_two_levels() -> None:
    """Rogers and Veraart 2013, section 5.1, with gamma 0.4, epsilon 1 and a 2."""
    owed = np.zeros((6, 6))
    owed[np.arange(6), [1, 2, 3, 4, 5, 0]] = [2, 3] * 3
    debts = from_matrix(owed.tolist(), [0, 0.8] * 3, [0] * 6)

    found = clear(debts, recovery_external=0.5, recovery_internal=0.5)

    np.testing.assert_allclose(found.payment, [4 / 15, 8 / 15] * 3, rtol=1e-12)
    assert found.round.tolist() == [2, 1] * 3


def test_who_stands_first_decides_what_the_second_bank_keeps() -> None:
    shocked = replace(RING, external_assets=np.array([18.0, 18.0, 9.0]))

    alike, first = clear(shocked), clear(shocked, seniority="senior")

    np.testing.assert_allclose(equity(shocked, alike), [-1, 0.8095, 2], atol=5e-5)
    np.testing.assert_allclose(equity(shocked, first), [-1, 0, 2], atol=1e-12)


def test_a_chain_fails_level_by_level() -> None:
    debts = Debts(4, [1, 2, 3], [0, 1, 2], [10, 10, 10], [4, 1, 1, 0], [0, 0, 0, 0])

    found = clear(debts)

    np.testing.assert_allclose(found.payment, [4, 5, 6, 0], atol=1e-12)
    assert found.round.tolist() == [1, 2, 3, 0]
    assert len(found.levels) == 4


def test_money_lacking_outside_is_paid_before_anybody_inside() -> None:
    debts = Debts(2, [1], [0], [10], [4, 0], [0, 0]).with_losses([0], [6])

    found = clear(debts)

    assert found.payment.tolist() == [0, 0]
    assert found.round.tolist() == [1, 0]


def test_outside_creditors_first_may_leave_nothing_inside() -> None:
    # Firm 0 owes 8 outside and 4 inside, and has 5; the circle of 1 and 2 goes on without it.
    debts = Debts(3, [1, 2, 1], [0, 1, 2], [4, 3, 3], [5, 0, 0], [8, 0, 0])

    found = clear(debts, seniority="senior")

    assert found.payment.tolist() == [5, 3, 3]
    assert found.levels[-1].tolist() == [0, 1, 1]


@st.composite
def debts(draw: st.DrawFn) -> Debts:
    n = draw(st.integers(2, 9))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    size = draw(st.integers(1, 3 * n))
    creditors, steps = rng.integers(0, n, size), rng.integers(1, n, size)
    stress = draw(st.floats(0, 1))
    return Debts(
        n,
        creditors,
        (creditors + steps) % n,
        rng.lognormal(0, 1, size),
        rng.lognormal(0, 1, n) * stress * (rng.random(n) < 0.8),
        rng.lognormal(0, 1, n) * (rng.random(n) < 0.5),
    )


def picard(owed: Debts, alpha: float, beta: float, *, first: bool) -> np.ndarray:
    """The share of its inside debts that each firm pays: rounds from above, until still."""
    claims = np.zeros((owed.firms, owed.firms))
    np.add.at(claims, (owed.creditors, owed.debtors), owed.amounts)
    inside, assets = claims.sum(0), np.array(owed.external_assets)
    outside = np.array(owed.external_liabilities)
    shares = np.ones(owed.firms)
    for _ in range(20_000):
        failed = assets + claims @ shares < (inside + outside) * (1 - 1e-12)
        means = alpha * assets + beta * claims @ shares
        base = inside if first else inside + outside
        part = np.divide(means - outside * first, base, out=np.zeros(owed.firms), where=base > 0)
        after = np.where(failed, np.clip(part, 0, 1), 1.0)
        if np.abs(after - shares).max() < 1e-15:
            return after
        shares = after
    return shares


@settings(deadline=None, max_examples=examples(200))
@given(debts(), st.sampled_from([(1, 1), (0.5, 0.7), (0.9, 0)]), st.booleans())
def test_payments_are_those_that_rounds_from_above_come_to(
    owed: Debts,
    recovery: tuple[float, float],
    first: bool,  # noqa: FBT001  # Drawn.
) -> None:
    found = clear(
        owed,
        recovery_external=recovery[0],
        recovery_internal=recovery[1],
        seniority="senior" if first else "pari-passu",
    )

    wanted = picard(owed, *recovery, first=first)
    inside = np.bincount(owed.debtors, owed.amounts, owed.firms)
    np.testing.assert_allclose(found.levels[-1] * inside, wanted * inside, atol=1e-8)
    assert (found.payment <= found.liability + 1e-12).all()
    assert ((found.round > 0) == found.defaulted).all()
    assert (found.payment[~found.defaulted] == found.liability[~found.defaulted]).all()
    for before, after in zip(found.levels, found.levels[1:], strict=False):
        assert (after <= before + 1e-12).all()


@settings(deadline=None)
@given(debts(), st.floats(0, 5))
def test_a_larger_loss_never_pays_anybody_more(owed: Debts, loss: float) -> None:
    before, after = clear(owed), clear(owed.with_losses([0], [loss]))

    assert (after.payment <= before.payment + 1e-9).all()


@settings(deadline=None)
@given(debts(), st.floats(0, 1))
def test_what_is_lost_when_a_firm_stops_is_what_it_and_those_it_fells_do_not_pay(
    owed: Debts, recovery: float
) -> None:
    found = stop_paying(owed, [0], recovery=recovery)

    assert found.levels[0].tolist() == [0] * owed.firms
    assert (found.losses >= -1e-12).all()
    assert found.losses[0] == 0
    due = np.bincount(owed.creditors, owed.amounts, owed.firms)
    assert (found.losses <= due + 1e-9).all()


def test_a_firm_with_enough_cash_stops_the_chain_and_one_without_passes_all_on() -> None:
    # 0 owes 1, 1 owes 2 and 3 alike, 2 owes 3.
    chain = Debts(4, [1, 2, 3, 3], [0, 1, 1, 2], [10, 6, 6, 6], [0, 0, 0, 0], [0, 0, 0, 0])

    bare = stop_paying(chain, [0])
    rich = stop_paying(replace(chain, external_assets=np.array([0, 12, 0, 0])), [0])

    np.testing.assert_allclose(bare.losses, [0, 10, 5, 10], atol=1e-12)
    assert bare.round.tolist() == [1, 2, 3, 0]
    np.testing.assert_allclose(bare.levels[1], [0, 10, 0, 0], atol=1e-12)
    assert rich.losses.tolist() == [0, 10, 0, 0]


def test_nobody_stops_nobody_loses() -> None:
    assert stop_paying(THREE, []).losses.tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"creditors": [0]}, "claim on itself"),
        ({"creditors": [7]}, "creditors: entry 0 is no row"),
        ({"amounts": [-1]}, "amounts: entry 0 is negative"),
        ({"amounts": []}, "differ in length"),
        ({"external_assets": [1]}, "external_assets has 1 entries for 2"),
        ({"external_assets": [1, np.inf]}, "external_assets: entry 1 is missing"),
        ({"external_liabilities": [0, -1]}, "external_liabilities: entry 1 is negative"),
    ],
)
def test_debts_that_do_not_fit_are_refused_by_name(changed: dict[str, object], words: str) -> None:
    columns = {
        "creditors": [1],
        "debtors": [0],
        "amounts": [2],
        "external_assets": [1, 1],
        "external_liabilities": [0, 0],
        **changed,
    }

    with pytest.raises(InvalidInput, match=words):
        clear(Debts(2, **columns))  # type: ignore[arg-type]


def test_options_out_of_range_are_refused() -> None:
    with pytest.raises(InvalidInput, match="recovery"):
        clear(THREE, recovery_internal=1.5)
    with pytest.raises(InvalidInput, match="seniority"):
        clear(THREE, seniority="junior")  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="rows"):
        stop_paying(THREE, [3])

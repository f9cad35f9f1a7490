"""A changed trade or exposure in one compiled call: the bits of the steps; firms by row or id."""

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from graph.contagion import Economy
from graph.errors import InvalidInput, NotFound
from graph.live import Claims, Live, Refresh
from graph.stress.live.quick import Quick
from tests.graph.effort import UNCOMPILED, examples

FIRMS = 40
IDS = [f"firm {row:02d}" for row in range(FIRMS)]


def built(seed: int, *, weighed: bool = False, leakage: float = 0.0) -> Live:
    random = np.random.default_rng(seed)
    suppliers, buyers = random.integers(0, FIRMS, (2, 3 * FIRMS))
    amounts = random.uniform(1, 9, 3 * FIRMS)
    totals = [np.bincount(ends, amounts, FIRMS) * 1.3 + 1.0 for ends in (suppliers, buyers)]
    economy = Economy(
        FIRMS,
        suppliers,
        buyers,
        amounts,
        random.integers(0, 3, 3 * FIRMS),
        random.integers(-1, 5, FIRMS),
        revenue=totals[0],
        cost=totals[1],
        weights=random.uniform(0, 5, FIRMS) if weighed else None,
        leakage=leakage,
        ids=IDS,
    )
    creditors = random.integers(0, FIRMS, FIRMS)
    debtors = (creditors + random.integers(1, FIRMS, FIRMS)) % FIRMS
    owed = random.uniform(0.1, 2, FIRMS)
    equity = np.bincount(creditors, owed, FIRMS) * random.uniform(1.2, 4, FIRMS)
    return Live.build(economy, Claims(equity, creditors, debtors, owed))


def bits(refresh: Refresh) -> tuple[Any, ...]:
    shown = []
    for each in (refresh.production, refresh.equity):
        assert each is not None
        shown += [each.rows.tolist(), each.before.tolist(), each.after.tolist(), each.weight]
    return (*shown, refresh.error, refresh.pushes, refresh.how)


def changed(random: np.random.Generator) -> tuple[str, tuple[Any, ...]]:
    """Return what to change: a pair that may be new, and an amount that may be of no size."""
    i = int(random.integers(FIRMS))
    j = (i + int(random.integers(FIRMS))) % FIRMS
    amount = float(random.choice([0.0, 0.5, 3.0, 40.0, 4000.0]))
    if random.random() < 0.5 or i == j:
        return "trade", (i, j, amount, int(random.integers(-1, 3)))
    return "exposure", (i, j, amount)


@settings(max_examples=examples(12))
@given(seed=st.integers(0, 10**6), weighed=st.booleans())
def test_one_call_gives_the_bits_of_the_steps(seed: int, *, weighed: bool) -> None:
    try:
        quick, slow = built(seed, weighed=weighed), built(seed, weighed=weighed)
    except InvalidInput:  # Two in a thousand have no solution, which is said at once.
        reject()
    random = np.random.default_rng(seed)

    for _ in range(40):
        what, arguments = changed(random)
        quickly = answer(lambda: called(quick, what, arguments))  # noqa: B023  # Called at once.
        slowly = answer(lambda: stepped(slow, what, arguments))  # noqa: B023
        assert quickly == slowly

    assert quick.production().tobytes() == slow.production().tobytes()
    assert quick.equity().tobytes() == slow.equity().tobytes()
    assert quick.error == slow.error


def answer(change: Callable[[], Refresh]) -> object:
    """Return the bits of what a change gives, or why it was refused."""
    try:
        return bits(change())
    except InvalidInput as refused:
        return str(refused)


def called(live: Live, what: str, arguments: tuple[Any, ...]) -> Refresh:
    if what == "exposure":
        return live.change_exposure(*arguments)
    *change, kind = arguments
    return live.change_trade(*change, kind=None if kind < 0 else kind)


def stepped(live: Live, what: str, arguments: tuple[Any, ...]) -> Refresh:
    """Change step by step, as what cannot be done in one call is."""

    def change(state: Any, log: Any) -> None:
        if what == "trade":
            state.trading.change_trade(*arguments, log)
        else:
            state.lending.change_exposure(*arguments, log)

    return live._change(change)


@pytest.mark.skipif(UNCOMPILED, reason="nothing is compiled into one call")
@pytest.mark.parametrize("what", ["trade", "exposure"])
def test_a_change_runs_few_functions_of_python(what: str) -> None:
    live = built(3)
    change = live.change_trade if what == "trade" else live.change_exposure
    change(0, 1, 2.0)
    ran = []

    sys.setprofile(lambda _frame, event, _: ran.append(event))
    change(0, 1, 2.5)
    sys.setprofile(None)

    # Two rows and an amount are checked, the call is made, two tables and their answer are built.
    assert ran.count("call") <= 20


@pytest.mark.skipif(UNCOMPILED, reason="nothing is compiled into one call")
def test_the_call_is_made_anew_only_where_arrays_have_moved(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    live, made = built(3), []
    whole = Quick.__init__
    monkeypatch.setattr(
        Quick, "__init__", lambda self, *kept: (made.append(1), whole(self, *kept))[1]
    )

    live.change_trade(0, 1, 2.0)
    live.change_exposure(0, 1, 0.1)
    assert len(made) == 1
    for buyer in range(FIRMS):
        live.change_trade(5, buyer, 1.0)
    grown = len(made)
    assert 1 < grown < FIRMS  # The row outgrew its place a few times.
    live.change_firm(3, revenue=900.0)
    live.change_trade(0, 1, 3.0)
    live.resolve(wait=True)
    live.change_trade(0, 1, 4.0)
    assert len(made) == grown + 2


def test_firms_change_by_id_and_tables_name_them() -> None:
    by_id, by_row = built(7), built(7)

    found = by_id.change_trade(IDS[4], IDS[9], 60.0)
    by_id.change_firm(IDS[4], revenue=500.0)
    creditor = int(np.argmax(by_id.equity()))
    debtor = (creditor + 1) % FIRMS
    owed = by_id.change_exposure(IDS[creditor], IDS[debtor], 0.2)

    assert bits(found) == bits(by_row.change_trade(4, np.int64(9), 60))
    by_row.change_firm(4, revenue=500.0)
    assert bits(owed) == bits(by_row.change_exposure(creditor, debtor, 0.2))
    table = found.to_pandas()
    assert table.columns.tolist() == ["index", "firm", "before", "after", "share"]
    assert found.production is not None
    assert table["firm"].tolist() == [IDS[row] for row in found.production.rows]
    assert by_id.to_pandas().columns.tolist() == ["firm", "production", "equity"]
    assert by_id.to_pandas()["firm"].tolist() == IDS
    poor = int(np.argmin(by_id.equity()))
    with pytest.raises(InvalidInput, match=f"'{IDS[poor]}' has no equity"):
        by_id.change_exposure(poor, (poor + 1) % FIRMS, 0.2)
    with pytest.raises(NotFound, match="buyer: no firm 'mint' in the network"):
        by_id.change_trade(IDS[4], "mint", 1.0)


def test_claims_and_economy_call_firms_alike() -> None:
    economy = Economy(2, [0], [1], [4.0], revenue=[8.0, 12.0], ids=["a", "b"])

    live = Live.build(economy, Claims([3.0, 3.0], ["a"], ["b"], [1.0]))

    assert live.equity().tolist() == pytest.approx([0.5, (3 + 1) / 6])
    with pytest.raises(InvalidInput, match="give their firms other ids"):
        Live.build(economy, Claims([3.0, 3.0], [0], [1], [1.0], ids=["b", "a"]))
    with pytest.raises(InvalidInput, match="an id stands twice"):
        Live.build(Economy(2, [0], [1], [4.0], revenue=[8.0, 12.0], ids=["a", "a"]))
    with pytest.raises(NotFound, match="debtors: no firm 'c'"):
        Live.build(claims=Claims([3.0, 3.0], ["a"], ["c"], [1.0], ids=["a", "b"]))


NO_ROWS = [0.0, 1.5, True, np.array([True])[0], np.float64(1), None, [1], b"1"]


@pytest.mark.parametrize("row", NO_ROWS)
def test_what_is_no_row_is_refused_and_changes_nothing(row: Any) -> None:
    live = built(7)
    before = live.production().tobytes(), live.equity().tobytes()

    for change, name in (
        (lambda: live.change_trade(row, 1, 1.0), "supplier"),
        (lambda: live.change_trade(1, row, 1.0), "buyer"),
        (lambda: live.change_exposure(row, 1, 1.0), "creditor"),
        (lambda: live.change_firm(row, revenue=1.0), "firm"),
    ):
        with pytest.raises(InvalidInput, match=f"{name} .* is no whole number"):
            change()
    assert (live.production().tobytes(), live.equity().tobytes()) == before


@pytest.mark.parametrize("amount", ["1", True, None, b"1", [1.0], 10**400, float("inf"), -1])
def test_what_is_no_amount_is_refused(amount: Any) -> None:
    live = built(7)

    for change in (
        lambda: live.change_trade(0, 1, amount),
        lambda: live.change_exposure(0, 1, amount),
    ):
        with pytest.raises(InvalidInput, match=r"^amount "):
            change()
    with pytest.raises(InvalidInput, match=r"kind 1\.0 is no whole number"):
        live.change_trade(0, 1, 1.0, kind=1.0)  # type: ignore[arg-type]  # That is the question.
    with pytest.raises(InvalidInput, match=r"sector 1\.5 is no whole number"):
        live.change_firm(0, sector=1.5)  # type: ignore[arg-type]  # That is the question.

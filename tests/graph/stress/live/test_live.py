"""Live indices: after any changes, no further from a solve from scratch than is stated."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.arrays.dtypes import FloatArray
from graph.contagion import Economy, Scenarios, bracket, prepare
from graph.errors import InvalidInput
from graph.live import Claims, Live, Refresh
from graph.spread.production.kernels import adjoint
from tests.graph.effort import examples

FIRMS = 10
SLACK = 0.02
FLOOR = 1e-9


@dataclass
class World:
    """What is true, and the equations of the indices read literally over dense matrices."""

    trades: dict[tuple[int, int], tuple[float, int]]
    revenue: FloatArray
    cost: FloatArray
    sector: FloatArray
    claims: dict[tuple[int, int], float]
    equity: FloatArray
    weights: FloatArray | None = None
    live: Live = field(init=False)

    @classmethod
    def drawn(cls, seed: int, *, weights: bool = False) -> "World":
        random = np.random.default_rng(seed)
        trades = {
            (int(i), int(j)): (float(random.uniform(1, 9)), int(random.integers(3)))
            for i, j in random.integers(0, FIRMS, (25, 2))
        }
        claims = {
            (int(i), int(j)): float(random.uniform(0.1, 2))
            for i, j in random.integers(0, FIRMS, (14, 2))
            if i != j
        }
        world = cls(
            trades,
            random.uniform(20, 60, FIRMS),
            random.uniform(60, 120, FIRMS),
            random.integers(-1, 4, FIRMS),
            claims,
            random.uniform(6, 20, FIRMS),
            random.uniform(0, 5, FIRMS) if weights else None,
        )
        world.start()
        return world

    def economy(self) -> Economy:
        ends = np.array(list(self.trades), np.int64).reshape(-1, 2)
        values = np.array(list(self.trades.values())).reshape(-1, 2)
        return Economy(
            FIRMS,
            ends[:, 0],
            ends[:, 1],
            values[:, 0],
            values[:, 1].astype(np.int64),
            self.sector,
            revenue=self.revenue,
            cost=self.cost,
            weights=self.weights,
        )

    def start(self, tolerance: float = 1e-3) -> None:
        pairs = np.array(list(self.claims), np.int64).reshape(-1, 2)
        owed = Claims(self.equity, pairs[:, 0], pairs[:, 1], np.array(list(self.claims.values())))
        self.live = Live.build(self.economy(), owed, tolerance=tolerance, slack=SLACK)

    def matrix(self) -> FloatArray:
        found = np.zeros((FIRMS, FIRMS))
        for (i, j), (amount, _) in self.trades.items():
            found[i, j] = amount
        return found

    def down(self) -> FloatArray:
        amounts = self.matrix()
        cost = np.maximum(self.cost, amounts.sum(axis=0))
        found = np.zeros((FIRMS, FIRMS))
        for (i, j), (amount, kind) in self.trades.items():
            if kind == 1:
                found[i, j] = amount / cost[j]
            elif kind == 2 and amount > 0:
                same = sum(
                    a
                    for (k, to), (a, c) in self.trades.items()
                    if to == j and c == 2 and (k == i or self.sector[k] == self.sector[i] >= 0)
                )
                found[i, j] = amount / same * amounts[:, j].sum() / cost[j]
        return found

    def production(self) -> FloatArray:
        amounts = self.matrix()
        sales = amounts.sum(axis=1)
        weights = sales if self.weights is None else self.weights
        revenue = np.maximum(self.revenue, sales)
        up = amounts / np.where(revenue > 0, revenue, 1.0)[:, None]
        y = np.linalg.solve(np.eye(FIRMS) - up.T, up.T @ weights)
        sbar, sigma = np.ones(FIRMS), np.ones(FIRMS)
        for i in np.flatnonzero(self.sector >= 0):
            market = sales[self.sector == self.sector[i]].sum()
            share = sales[i] / market if market > 0 else 0.0
            sbar[i] = min(1.0, (1 + SLACK) * share)
            others = market - sales[i]
            sigma[i] = 0.0 if share == 0 else min(1.0, sales[i] / others) if others > 1e-9 else 1.0
        down = self.down()
        z = np.linalg.solve(np.eye(FIRMS) - down * sbar, down @ weights)
        return weights + y + sigma * z

    def owed(self) -> FloatArray:
        shares = np.zeros((FIRMS, FIRMS))
        for (i, j), amount in self.claims.items():
            shares[i, j] = amount / self.equity[i]
        return self.equity + np.linalg.solve(np.eye(FIRMS) - shares.T, shares.T @ self.equity)

    def check(self, refresh: Refresh | None = None) -> None:
        """Assert that no figure is further off than is stated."""
        error = self.live.error
        sales = self.matrix().sum()
        whole = sales if self.weights is None else self.weights.sum()
        for shown, exact, weight in (
            (self.live.production() * whole, self.production(), whole),
            (self.live.equity() * self.equity.sum(), self.owed(), self.equity.sum()),
        ):
            allowed = error * np.maximum(shown, 3 * FLOOR * weight)
            assert (np.abs(shown - exact) <= allowed + 1e-13 * weight).all()
        assert refresh is None or refresh.error == error

    def trade(self, i: int, j: int, amount: float, kind: int | None = None) -> Refresh:
        known = self.trades.get((i, j), (0.0, 1))[1] if kind is None else kind
        found = self.live.change_trade(i, j, amount, kind=kind)
        self.trades.pop((i, j), None)
        if amount > 0:
            self.trades[i, j] = amount, known
        return found

    def exposure(self, i: int, j: int, amount: float) -> Refresh:
        found = self.live.change_exposure(i, j, amount)
        self.claims[i, j] = amount
        return found

    def firm(self, i: int, **what: float) -> Refresh:
        found = self.live.change_firm(i, **what)  # type: ignore[arg-type]
        for name, value in what.items():
            getattr(self, name)[i] = value
        return found

    def step(self, random: np.random.Generator) -> Refresh:
        """Change something."""
        i, j = (int(each) for each in random.integers(0, FIRMS, 2))
        what = random.integers(8)
        if what <= 2:
            kind = [None, None, 0, 1, 2][random.integers(5)]
            return self.trade(i, j, float(random.choice([0.0, 1e-6, 3.0, 40.0])), kind)
        if what == 3:
            return self.firm(i, revenue=float(random.choice([0.0, 30.0, 90.0])))
        if what == 4:
            return self.firm(i, cost=float(random.choice([0.0, 30.0, 90.0])))
        if what == 5:
            return self.firm(i, sector=int(random.integers(-1, 7)))
        if what == 6:
            return self.firm(i, equity=float(random.uniform(4, 30)))
        return self.exposure(i, (j + 1) % FIRMS if i == j else j, float(random.choice([0.0, 1.5])))


def changed(seed: int, steps: int, *, weights: bool = False) -> World:
    """Return a world after changes, each held to a solve from scratch; refused ones do nothing."""
    world = World.drawn(seed, weights=weights)
    world.check()
    random = np.random.default_rng(seed + 1)
    for _ in range(steps):
        before = world.live.production(), world.live.equity(), world.live.error
        try:
            refresh = world.step(random)
        except InvalidInput:
            after = world.live.production(), world.live.equity(), world.live.error
            assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))
            continue
        world.check(refresh)
    return world


@settings(max_examples=examples(12))
@given(seed=st.integers(0, 10**6), weights=st.booleans())
def test_no_figure_is_further_from_a_full_solve_than_is_stated(seed: int, *, weights: bool) -> None:
    world = changed(seed, 30, weights=weights)

    world.live.resolve(wait=True)

    world.check()
    assert world.live.error <= 1e-3
    assert not world.live.due


def test_a_refused_change_takes_no_market_along() -> None:
    assert changed(48774, 30, weights=True).live.error < np.inf


@settings(max_examples=examples(10))
@given(seed=st.integers(0, 10**6))
def test_who_is_not_told_stands_where_it_was_told(seed: int) -> None:
    world = World.drawn(seed, weights=True)
    told = world.production().copy()
    random = np.random.default_rng(seed)

    for _ in range(30):
        try:
            moved = world.step(random).production
        except InvalidInput:
            continue
        assert moved is not None
        np.testing.assert_allclose(told[moved.rows], moved.before, rtol=2e-3)
        told[moved.rows] = moved.after

    now = world.live.production() * moved.weight
    assert (np.abs(now - told) <= 1e-3 * told + 1e-8).all()


@settings(max_examples=examples(10))
@given(seed=st.integers(0, 10**6))
def test_a_solve_beside_changes_ends_in_the_same_bits_whenever_it_is_done(seed: int) -> None:
    early, late = World.drawn(seed), World.drawn(seed)

    early.live.resolve()
    if early.live._job is not None:
        early.live._job[0].result()
    late.live.resolve()
    for world in (early, late):
        world.trade(1, 2, 7.0)
        world.trade(2, 1, 2.0)
        world.firm(3, equity=25.0)
        world.live._take_over(wait=True)
        world.check()

    assert early.live.production().tolist() == late.live.production().tolist()
    assert early.live.equity().tolist() == late.live.equity().tolist()


@settings(max_examples=examples(10))
@given(seed=st.integers(0, 10**6), scale=st.sampled_from([1e-3, 100.0]))
def test_names_and_the_unit_of_money_do_not_matter(seed: int, scale: float) -> None:
    world = World.drawn(seed)
    order = np.random.default_rng(seed).permutation(FIRMS)
    given_one = world.economy()
    other = Live.build(
        Economy(
            FIRMS,
            order[given_one.suppliers],
            order[given_one.buyers],
            np.asarray(given_one.amounts) * scale,
            given_one.classes,
            world.sector[np.argsort(order)],
            revenue=world.revenue[np.argsort(order)] * scale,
            cost=world.cost[np.argsort(order)] * scale,
        )
    )

    world.trade(0, 1, 12.0)
    other.change_trade(int(order[0]), int(order[1]), 12.0 * scale)

    shown, again = world.live.production(), other.production()[order]
    np.testing.assert_allclose(shown, again, rtol=2e-3, atol=1e-8)


@given(seed=st.integers(0, 10**6))
@settings(max_examples=examples(5))
def test_threads_change_no_bit(seed: int) -> None:
    world = World.drawn(seed)

    many = Live.build(world.economy(), threads=3)

    assert many.production().tolist() == world.live.production().tolist()


def test_changes_from_many_threads_are_all_made() -> None:
    world = World.drawn(5)
    pairs = [(i, j) for i in range(FIRMS) for j in range(FIRMS) if i != j]

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda pair: world.live.change_trade(*pair, 0.5, kind=1), pairs))
        world.live.resolve()
    world.trades.update(dict.fromkeys(pairs, (0.5, 1)))

    world.check()
    assert world.live.error < np.inf


def test_a_build_solves_what_the_bracket_is_completed_with() -> None:
    economy = World.drawn(11, weights=True).economy()
    economy = replace(economy, revenue=np.full(FIRMS, 90.0), cost=np.full(FIRMS, 150.0))
    production = prepare(economy)
    structure, weights = production.structure, production.weights[production.rows]
    y, _, _ = adjoint.orders(structure, weights, 1e-13, 4000)
    figures, felt = adjoint.lines(FIRMS), adjoint.lines(FIRMS)
    needs = adjoint.needs(structure, weights, np.array([SLACK, 0.1, 0.5, 2.0]))
    adjoint.inputs(needs, 1e-13, 4000, figures, felt)
    share = structure.market_share
    alone = structure.market == len(structure.market_sales)
    sigma = np.minimum(1.0, share / np.maximum(1.0 - share, 1e-300))
    wanted = weights + y + np.where(alone, 1.0, sigma) * figures[:, 0]

    live = Live.build(economy, slack=SLACK)

    np.testing.assert_allclose(live.production()[production.rows], wanted, rtol=1e-8)


@settings(max_examples=examples(5))
@given(seed=st.integers(0, 10**6))
def test_where_nobody_is_replaced_the_estimate_is_no_less_than_the_value(seed: int) -> None:
    economy = World.drawn(seed).economy()
    economy = replace(economy, revenue=np.full(FIRMS, 150.0), cost=np.full(FIRMS, 150.0))
    alone = Scenarios.alone(range(FIRMS))

    live = Live.build(economy, replaceability=False)

    found = bracket(prepare(economy, replaceability=False), alone, width=1e-6)
    assert (live.production() >= found.lower * (1 - 1e-9)).all()


def test_all_sellers_of_a_market_move_with_the_sales_of_one() -> None:
    # 0 and 1 make the same; 2 buys from both and sells to 3. More sales of 0 to 3 replace 1.
    world = World.drawn(1)
    world.trades = {(0, 2): (5.0, 2), (1, 2): (5.0, 2), (2, 3): (9.0, 2), (2, 0): (2.0, 1)}
    world.sector = np.array([0, 0, 1, 2] + [3] * (FIRMS - 4))
    world.start()
    before = world.production()

    found = world.trade(0, 3, 8.0)

    assert found.production is not None
    assert 1 in found.production.rows
    assert world.production()[1] < before[1] - 0.1
    world.check(found)


def test_a_loop_that_grows_makes_a_solve_due_and_the_solve_brings_the_error_down() -> None:
    world = World.drawn(2)
    world.trades = {(0, 1): (10.0, 1), (1, 0): (10.0, 1)}
    world.revenue[:2] = 100.0
    world.cost[:2] = 100.0
    world.start()
    world.firm(0, revenue=11.0)

    found = world.firm(1, revenue=10.5)

    world.check(found)
    assert found.due
    assert found.how == "pushed"
    again = world.live.resolve(wait=True)
    assert again is not None
    assert again.how == "solved"
    assert not again.due
    world.check(again)


def test_what_would_take_too_many_pushes_is_solved_again() -> None:
    world = World.drawn(2)
    world.trades = {(0, 1): (10.0, 1), (1, 0): (10.0, 1)}
    world.start()

    world.firm(0, revenue=10.0)
    found = world.firm(1, revenue=10.3)

    assert found.how == "solved"
    world.check(found)
    assert found.production is not None
    assert {0, 1} <= set(found.production.rows.tolist())


def test_a_change_without_a_solution_is_refused_and_changes_nothing() -> None:
    world = World.drawn(2)
    world.trades = {(0, 1): (10.0, 1), (1, 0): (10.0, 1), (2, 1): (1.0, 2)}
    world.revenue[1] = 10.0
    world.sector[:] = -1
    world.claims = {}
    world.start()
    before = world.live.production().tolist(), world.live.equity().tolist(), world.live.error

    with pytest.raises(
        InvalidInput, match="orders: no solution, the spectral radius is about 1 and"
    ):
        world.live.change_firm(0, revenue=0.0, equity=3.0)
    after = world.live.production().tolist(), world.live.equity().tolist(), world.live.error
    assert after == before
    world.exposure(0, 1, 1e4)
    with pytest.raises(
        InvalidInput, match=r"equity: no solution, the spectral radius is about \d\d\d"
    ):
        world.live.change_exposure(1, 0, 1e4)

    world.check()
    world.trade(0, 1, 11.0)
    world.trade(2, 3, 0.0)
    world.check()


def test_nobody_one_firm_and_firms_that_begin_to_trade() -> None:
    nobody = Live.build(Economy(0, [], [], []), Claims([], [], [], []))
    one = Live.build(Economy(1, [0], [0], [3.0], revenue=[6.0], cost=[6.0]))
    strangers = Live.build(Economy(3, [], [], []), Claims([1.0, 0.0, 2.0], [], [], []))

    assert len(nobody) == 0
    assert nobody.production().tolist() == nobody.equity().tolist() == []
    # It weighs 3, and sells half of its revenue to itself: y = (3 + y) / 2, and z likewise.
    assert one.production().tolist() == pytest.approx([(3 + 3 + 3) / 3])
    assert strangers.production().tolist() == [0.0, 0.0, 0.0]
    found = strangers.change_trade(0, 1, 5.0)
    assert found.production is not None
    assert found.production.rows.tolist() == [0, 1]
    strangers.change_firm(1, revenue=10.0)
    strangers.change_exposure(2, 1, 1.0)
    assert strangers.equity().tolist() == pytest.approx([1 / 3, 1 / 3, 2 / 3])
    strangers.change_trade(0, 1, 0.0)
    assert strangers.production().tolist() == [0.0, 0.0, 0.0]


def test_totals_follow_trades_where_nothing_is_stated() -> None:
    live = Live.build(Economy(3, [0, 1], [1, 2], [4.0, 6.0], leakage=0.25))

    live.change_trade(1, 2, 12.0)
    live.change_trade(0, 2, 4.0)

    again = Live.build(Economy(3, [0, 1, 0], [1, 2, 2], [4.0, 12.0, 4.0], leakage=0.25))
    np.testing.assert_allclose(live.production(), again.production(), rtol=2e-3)


def test_totals_of_silent_firms_follow_their_trades_and_the_leakage_too() -> None:
    # Only firm 1 states its revenue, and nobody its cost.
    mixed = {"revenue": [np.nan, 24.0, np.nan], "cost": [np.nan] * 3, "leakage": 0.25}
    live = Live.build(Economy(3, [0, 1], [1, 2], [4.0, 6.0], **mixed))

    live.change_trade(0, 1, 12.0)

    written = {"revenue": [15.0, 24.0, 0.0], "cost": [0.0, 15.0, 7.5]}
    for said in (mixed, written):
        again = Live.build(Economy(3, [0, 1], [1, 2], [12.0, 6.0], **said))
        np.testing.assert_allclose(live.production(), again.production(), rtol=2e-3)


def test_rows_of_a_pool_grow_and_shrink() -> None:
    world = World.drawn(4)
    world.revenue[:] = world.cost[:] = 1e4
    world.start()
    for _ in range(2):
        for amount in (1.0, 2.0, 0.0):
            for j in range(FIRMS):
                world.trade(3, j, amount, 1)
                world.trade(j, 4, amount, 2)
    world.check()

    assert not any(3 in pair or pair[1] == 4 for pair in world.trades if pair[0] == 3)


def test_wrong_arguments_are_refused_in_words() -> None:
    economy = Economy(2, [0], [1], [4.0], revenue=[8.0, 12.0])
    claims = Claims([2.0, 0.0], [0], [1], [1.0])
    live, owed = Live.build(economy), Live.build(claims=claims)

    for wrong, words in (
        (Live.build, "neither an economy nor claims"),
        (lambda: Live.build(economy, Claims([1.0], [], [], [])), "2 firms, the claims 1"),
        (lambda: Live.build(economy, tolerance=0.1), "tolerance 0.1 is not in"),
        (lambda: Live.build(economy, slack=-1.0), "slack -1.0 is negative"),
        (lambda: Live.build(economy, threads=0), "threads 0 is not at least 1"),
        (lambda: Live.build(Economy(1, [], [], [], leakage=-1.0)), "leakage -1.0 is negative"),
        (lambda: Live.build(claims=Claims([0.0, 1.0], [0], [1], [1.0])), "firm 0 is owed"),
        (lambda: Live.build(Economy(2, [0, 1], [1, 0], [1.0, 1.0])), "orders: no solution"),
        (lambda: live.change_trade(0, 2, 1.0), "buyer 2 is no row of a firm"),
        (lambda: live.change_trade(-1, 0, 1.0), "supplier -1 is no row of a firm"),
        (lambda: live.change_trade(0, 1, -1.0), "amount -1.0 is negative or missing"),
        (lambda: live.change_trade(0, 1, float("nan")), "amount nan is negative or missing"),
        (lambda: live.change_trade(0, 1, 1.0, kind=3), "kind 3 is none of 0, 1, 2"),
        (lambda: live.change_firm(0, revenue=-1.0), "revenue -1.0 is negative"),
        (lambda: live.change_firm(0, weight=1.0), "firms weigh what they sell"),
        (lambda: live.change_firm(0, equity=1.0), "there are no claims here"),
        (live.equity, "there are no claims here"),
        (owed.production, "there is no economy here"),
        (lambda: owed.change_exposure(0, 0, 1.0), "firm 0 has a claim on itself"),
        (lambda: owed.change_exposure(1, 0, 1.0), "firm 1 has no equity"),
        (lambda: owed.change_firm(0, equity=0.0), "firm 0 is owed something"),
    ):
        with pytest.raises(InvalidInput, match=words):
            wrong()
    assert live.production().tolist() == [1.0, 0.5]

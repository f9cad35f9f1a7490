"""Live indices: after any changes, no further from a solve from scratch than is stated."""

from dataclasses import dataclass, field

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.contagion import Economy
from graph.errors import InvalidInput
from graph.kernels.layout import FloatArray
from graph.live import Claims, Live, Refresh

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


@settings(max_examples=25)
@given(seed=st.integers(0, 10**6), weights=st.booleans())
def test_no_figure_is_further_from_a_full_solve_than_is_stated(seed: int, *, weights: bool) -> None:
    changed(seed, 30, weights=weights)

"""Losses split over trades: a literal reading of the last round, sums to the fen, refusals."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.attribution import Carried, Part, attribute, attribute_trades, carried_by
from graph.contagion import Economy, Rules, Scenarios, close, in_fen, prepare
from graph.errors import InvalidInput
from graph.scenarios import Credit, Failures, MonteCarlo, Stakes, simulate
from tests.graph.effort import examples

FIRMS = 7
TIGHT = Rules(1e-13)
Array = np.ndarray[Any, Any]


class World:
    """A random economy of distinct trades, as arrays and as matrices."""

    def __init__(self, seed: int) -> None:
        random = np.random.default_rng(seed)
        self.amount = random.uniform(1, 9, (FIRMS, FIRMS)) * (random.random((FIRMS, FIRMS)) < 0.3)
        self.need = random.integers(0, 3, (FIRMS, FIRMS))
        self.sector = random.integers(0, 3, FIRMS)
        self.ends = np.nonzero(self.amount)
        self.revenue = self.amount.sum(axis=1) * 2.0 + 0.1
        economy = Economy(
            FIRMS,
            *self.ends,
            self.amount[self.ends],
            self.need[self.ends],
            sectors=self.sector,
            revenue=self.revenue,
        )
        self.production = prepare(economy)
        self.sales = random.integers(0, 10**6, FIRMS)
        self.stakes = Stakes.build(self.sales)

    def shares(self, buyer: int) -> Array:
        """Return what of a buyer's needs each supplier covers."""
        bought, kind = self.amount[:, buyer], self.need[:, buyer]
        shares = np.where(kind == 1, bought / max(bought.sum(), 1e-300), 0.0)
        for sector in set(self.sector.tolist()):
            essential = (kind == 2) & (self.sector == sector) & (bought > 0)
            shares[essential] = bought[essential] / bought[essential].sum()
        return shares

    def literal(self, shocks: dict[int, tuple[float, float]]) -> tuple[Array, Array, Array]:
        """Return first losses by firm, and what trades carried down and up, in fen, not rounded."""
        rows = np.array(list(shocks))
        given = np.array(list(shocks.values()))
        scenario = Scenarios(np.array([0, len(rows)]), rows, given[:, 0], given[:, 1])
        state = close(self.production, scenario, rules=TIGHT)
        sold, left = self.amount.sum(axis=1), 1 - state.down
        own, inputs, orders = np.zeros(FIRMS), np.zeros((FIRMS, FIRMS)), np.zeros((FIRMS, FIRMS))
        for j in range(FIRMS):
            loss = max(state.down[j], state.up[j])
            fen = float(in_fen(np.array([loss]), self.sales[[j]])[0])
            own[j] = fen * min(1.0, max(shocks.get(j, (0, 0))) / loss) if loss > 0 else 0.0
            if fen - own[j] <= 0:
                continue
            if state.down[j] >= state.up[j]:
                parts = self.missed(j, state.down, left, sold)
                inputs[:, j] = parts / parts.sum() * (fen - own[j])
            else:
                parts = self.amount[j] / self.revenue[j] * state.up
                orders[j] = parts / parts.sum() * (fen - own[j])
        return own, inputs, orders

    def missed(self, buyer: int, down: Array, left: Array, sold: Array) -> Array:
        """Return what each supplier withholds in the group of inputs that is missed most."""
        there = np.array([(sold * left)[self.sector == k].sum() for k in self.sector])
        with np.errstate(divide="ignore", invalid="ignore"):
            sigma = np.where(there > sold, sold / there, 1.0)
        parts = sigma * self.shares(buyer) * down
        kind = self.need[:, buyer]
        groups = [parts * ((kind == 2) & (self.sector == k)) for k in sorted(set(self.sector))]
        groups.append(parts * (kind == 1))
        worst = max(each.sum() for each in groups)
        return np.sum([each for each in groups if each.sum() >= worst * (1 - 1e-9)], axis=0)


def matrices(found: Carried) -> tuple[Array, Array, Array]:
    inputs, orders = np.zeros((FIRMS, FIRMS)), np.zeros((FIRMS, FIRMS))
    inputs[found.suppliers, found.buyers] = found.inputs_fen
    orders[found.suppliers, found.buyers] = found.orders_fen
    return found.first_fen, inputs, orders


@settings(max_examples=examples(20), deadline=None)
@given(
    seed=st.integers(0, 10**6),
    shocks=st.dictionaries(
        st.integers(0, FIRMS - 1),
        st.tuples(st.floats(0.1, 1), st.floats(0.1, 1)),
        min_size=1,
        max_size=3,
    ),
)
def test_the_last_round_says_which_trades_carried_what(
    seed: int, shocks: dict[int, tuple[float, float]]
) -> None:
    world = World(seed)
    given_shares = np.array(list(shocks.values()))
    scenario = Scenarios(
        np.array([0, len(shocks)]),
        np.array(list(shocks)),
        given_shares[:, 0],
        given_shares[:, 1],
    )

    found = carried_by(world.production, scenario, world.stakes, rules=TIGHT)

    loss = close(world.production, scenario, rules=TIGHT).loss
    own, inputs, orders = matrices(found)
    np.testing.assert_array_equal(
        own + inputs.sum(axis=0) + orders.sum(axis=1), in_fen(loss, world.sales)
    )
    assert found.total_fen == in_fen(loss, world.sales).sum()
    for got, wanted in zip((own, inputs, orders), world.literal(shocks), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-6, atol=2)


@settings(max_examples=examples(6), deadline=None)
@given(seed=st.integers(0, 10**6), figure=st.sampled_from(["el", "var", "es"]))
def test_parts_of_a_figure_are_those_of_its_draws(seed: int, figure: Any) -> None:
    world, draws = World(seed), 30
    pd = np.random.default_rng(seed).uniform(0, 0.4, FIRMS)
    model = MonteCarlo(Failures.build(pd), draws, seed=seed, rules=TIGHT)
    simulation = simulate(world.production, world.stakes, model)
    whole = attribute(world.production, world.stakes, simulation, Part(figure, 0.8))

    found = attribute_trades(world.production, world.stakes, whole)
    again = attribute_trades(world.production, world.stakes, whole, threads=2)

    own, inputs, orders = matrices(found)
    assert (own + inputs.sum(axis=0) + orders.sum(axis=1)).tolist() == whole.firm_fen.tolist()
    assert found.total_fen == whole.total_fen
    for name in ("first_fen", "inputs_fen", "orders_fen"):
        assert getattr(again, name).tolist() == getattr(found, name).tolist()
    if figure == "el":
        drawn = model.failures.draw(seed=seed, block=0, size=draws)
        every = [
            world.literal(dict.fromkeys(rows.tolist(), (1.0, 1.0)))
            for rows in np.split(drawn.rows, drawn.offsets[1:-1])
            if len(rows)
        ]
        nothing = (np.zeros(FIRMS), np.zeros((FIRMS, FIRMS)), np.zeros((FIRMS, FIRMS)))
        wanted = [sum(parts) / draws for parts in zip(nothing, *every, strict=True)]
        for got, literal in zip((own, inputs, orders), wanted, strict=True):
            np.testing.assert_allclose(got, literal, rtol=1e-6, atol=2)


def test_inputs_that_are_missed_alike_carry_a_loss_together() -> None:
    trades = Economy(3, [0, 1], [2, 2], [4.0, 6.0], classes=[2, 2], sectors=[0, 1, 2])

    found = carried_by(prepare(trades), Scenarios.together([0, 1]), Stakes.build([4, 6, 100]))

    assert found.inputs_fen.tolist() == [50, 50]
    assert found.first_fen.tolist() == [4, 6, 0]


def test_a_first_loss_is_the_firms_own_and_the_rest_came_over_trades() -> None:
    production = prepare(Economy(3, [0, 1], [1, 2], [4.0, 6.0], classes=[2, 2]))
    shock = Scenarios(np.array([0, 2]), np.array([0, 1]), np.array([1.0, 0.25]), np.zeros(2))

    found = carried_by(production, shock, Stakes.build([40, 60, 8]))

    # Firm 1 lost a quarter by itself and three quarters for want of firm 0.
    assert found.first_fen.tolist() == [40, 15, 0]
    assert (found.suppliers.tolist(), found.buyers.tolist()) == ([0, 1], [1, 2])
    assert (found.inputs_fen.tolist(), found.orders_fen.tolist()) == ([45, 8], [0, 0])


def test_lost_loans_and_other_firms_are_refused() -> None:
    world = World(2)
    stakes = Stakes.build(world.sales, credit=Credit(world.sales))
    model = MonteCarlo(Failures.build(np.full(FIRMS, 0.3)), 10, seed=0)
    simulation = simulate(world.production, stakes, model)
    lent = attribute(world.production, stakes, simulation, Part("el", loss="credit"))

    with pytest.raises(InvalidInput, match="lost loans are not split over them"):
        attribute_trades(world.production, stakes, lent)
    with pytest.raises(InvalidInput, match="2 scenarios where one is wanted"):
        carried_by(world.production, Scenarios.alone([0, 1]), stakes)
    with pytest.raises(InvalidInput, match="stakes of 1 firms, an economy of 7"):
        carried_by(world.production, Scenarios.alone([0]), Stakes.build([1]))

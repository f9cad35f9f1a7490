"""Figures split over firms: literal sums over draws, derivatives, and sums to the fen."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from graph.attribution import Part, apportion, attribute, share_out
from graph.contagion import Economy, Rules, Scenarios, prepare
from graph.errors import InvalidInput
from graph.scenarios import Credit, Failures, Groups, MonteCarlo, Stakes, count, measure, simulate
from tests.graph.effort import examples

FIRMS, DRAWS = 6, 24


class World:
    """A random economy, simulated, with what every firm loses in every draw."""

    def __init__(self, seed: int, *, most: int = 10**6, draws: int = DRAWS) -> None:
        random = np.random.default_rng(seed)
        ends = random.integers(0, FIRMS, (2, 10))
        amounts, classes = random.uniform(1, 9, 10), random.integers(0, 3, 10)
        sectors, revenue = random.integers(0, 3, FIRMS), np.full(FIRMS, 99.0)
        economy = Economy(FIRMS, *ends, amounts, classes, sectors=sectors, revenue=revenue)
        self.production = prepare(economy)
        self.sales = random.integers(0, most, FIRMS)
        self.groups = Groups.build(FIRMS, {"even": [0, 2, 4]})
        credit = Credit(random.integers(0, 500, FIRMS), 0.4, threshold=0.5)
        self.stakes = Stakes.build(self.sales, groups=self.groups, credit=credit)
        linked = Failures.correlated(random.uniform(0, 0.4, FIRMS), common=0.3)
        self.model = MonteCarlo(linked, draws, seed=seed, rules=Rules(1e-12))
        self.simulation = simulate(self.production, self.stakes, self.model)

    def losses(self, loss: str) -> Iterator[list[int]]:
        """Yield what every firm loses, draw by draw."""
        drawn = [
            rows
            for block in range(-(-self.model.draws // 64))
            for found in [self.model.failures.draw(seed=self.model.seed, block=block)]
            for rows in np.split(found.rows, found.offsets[1:-1])
        ][: self.model.draws]
        for rows in drawn:
            fen = np.zeros(FIRMS, np.int64)
            if len(rows):
                shock = Scenarios.together(rows.tolist())
                found = next(
                    count(self.production, shock, self.stakes, rules=Rules(1e-12), fails_at=0)
                )
                fen[self.stakes.firms] = getattr(found, f"{loss}_fen")[0]
            yield fen.tolist()


def literal(losses: list[list[int]], totals: list[int], part: Part) -> list[Fraction]:
    """Return the parts of a figure, read from the definitions."""
    level, size = Fraction(str(part.level)), len(totals)
    edge = min(x for x in totals if Fraction(sum(y <= x for y in totals), size) >= level)
    weights = [Fraction(1, size)] * size
    if part.measure == "es":
        tail = (1 - level) * size
        left = tail - sum(x > edge for x in totals)
        at = totals.count(edge)
        weights = [
            Fraction(x > edge) / tail + Fraction(x == edge) * left / at / tail for x in totals
        ]
    if part.measure == "var":
        half = round(float(size * level * (1 - level)) ** 0.5)
        ordered = sorted(totals)
        place = next(k for k in range(size) if Fraction(k + 1, size) >= level)
        low, high = ordered[max(0, place - half)], ordered[min(size - 1, place + half)]
        whole = sum(x for x in totals if low <= x <= high)
        weights = [Fraction(edge * (low <= x <= high), whole or 1) for x in totals]
    return [
        sum((weights[k] * losses[k][i] for k in range(size)), Fraction(0)) for i in range(FIRMS)
    ]


@settings(max_examples=examples(12), deadline=None)
@given(
    seed=st.integers(0, 10**6),
    figure=st.sampled_from(["el", "var", "es"]),
    loss=st.sampled_from(["production", "credit"]),
    group=st.sampled_from(["all", "even"]),
)
def test_parts_are_the_definitions_and_sum_to_the_figure(
    seed: int, figure: Any, loss: Any, group: str
) -> None:
    world, part = World(seed, most=300), Part(figure, 0.83, loss, group)
    inside = np.ones(FIRMS, int) if group == "all" else np.array([1, 0] * 3)
    losses = [(np.array(row) * inside).tolist() for row in world.losses(loss)]

    found = attribute(world.production, world.stakes, world.simulation, part)

    wanted = literal(losses, [sum(row) for row in losses], part)
    figures = measure(world.simulation, level=0.83, loss=loss)
    place = figures.names.index(group)
    assert found.total_fen == getattr(figures, f"{figure}_fen")[place] == found.firm_fen.sum()
    assert max(abs(a - b) for a, b in zip(found.firm_fen.tolist(), wanted, strict=True)) < 1
    assert found.by(["a", "b", None] * 2) == {
        "": found.firm_fen[[2, 5]].sum(),
        "a": found.firm_fen[[0, 3]].sum(),
        "b": found.firm_fen[[1, 4]].sum(),
    }


@pytest.mark.parametrize("figure", ["el", "es"])
def test_a_part_is_what_the_figure_gains_where_a_firm_grows(figure: Any) -> None:
    world, part = World(3, most=10**12, draws=200), Part(figure, 0.9)
    parts = attribute(world.production, world.stakes, world.simulation, part)

    for firm in range(FIRMS):
        larger = world.sales.copy()
        larger[firm] += larger[firm] // 10**6
        grown = simulate(world.production, Stakes.build(larger), world.model)
        gain = getattr(measure(grown, level=0.9), f"{figure}_fen")[0] - parts.total_fen
        assert gain * 10**6 == pytest.approx(parts.firm_fen[firm], rel=1e-3, abs=1e8)


@settings(max_examples=examples(4), deadline=None)
@given(seed=st.integers(0, 10**6))
def test_threads_change_no_fen(seed: int) -> None:
    world = World(seed)

    one = attribute(world.production, world.stakes, world.simulation, Part(level=0.8))
    two = attribute(world.production, world.stakes, world.simulation, Part(level=0.8), threads=2)

    assert one.firm_fen.tolist() == two.firm_fen.tolist()


def test_the_value_at_risk_is_read_from_the_draws_by_it() -> None:
    world = World(3, draws=40)

    found = attribute(world.production, world.stakes, world.simulation, Part("var", 0.8))

    ordered = np.sort(world.simulation.production_fen[:, 0])
    near = (world.simulation.production_fen[:, 0] >= ordered[31 - 3]) & (
        world.simulation.production_fen[:, 0] <= ordered[31 + 3]
    )
    assert found.draws == (near & (world.simulation.source >= 0)).sum()


def test_a_figure_of_nothing_has_parts_of_nothing() -> None:
    production = prepare(Economy(2, [0], [1], [4.0]))
    stakes = Stakes.build([400, 900])
    simulation = simulate(production, stakes, MonteCarlo(Failures.build([0.0, 0.0]), 10, 1))

    for figure in ("el", "var", "es"):
        found = attribute(production, stakes, simulation, Part(figure, 0.9))  # type: ignore[arg-type]
        assert (found.total_fen, found.firm_fen.tolist(), found.draws) == (0, [0, 0], 0)


def test_others_than_were_simulated_are_refused() -> None:
    world = World(1, draws=40)
    grown = Stakes.build(world.sales + 1000, groups=world.groups)

    with pytest.raises(InvalidInput, match="not those that were simulated"):
        attribute(world.production, grown, world.simulation, Part("el"))
    with pytest.raises(InvalidInput, match="the stakes have other groups"):
        attribute(world.production, Stakes.build(world.sales), world.simulation, Part("el"))
    with pytest.raises(InvalidInput, match="no group 'odd' was simulated"):
        attribute(world.production, world.stakes, world.simulation, Part(group="odd"))
    with pytest.raises(InvalidInput, match=r"level 0\.99 needs 100 draws, there are 40"):
        attribute(world.production, world.stakes, world.simulation)
    with pytest.raises(InvalidInput, match="measure 'cvar' is none of el, var, es"):
        Part("cvar")  # type: ignore[arg-type]
    bare = replace(world.simulation, credit_fen=None)
    with pytest.raises(InvalidInput, match="no credit losses"):
        attribute(world.production, world.stakes, bare, Part("el", loss="credit"))
    found = attribute(world.production, world.stakes, world.simulation, Part("el"))
    with pytest.raises(InvalidInput, match="1 labels for 6 firms"):
        found.by(["a"])


@given(st.lists(st.integers(-(10**20), 10**20), max_size=20), st.integers(1, 10**9))
def test_cut_parts_sum_to_the_rounded_whole_and_none_moves_a_fen(
    parts: list[int], whole: int
) -> None:
    parts = [part % (10**18 * whole) for part in parts]

    found = apportion(parts, whole).tolist()

    assert sum(found) == round(Fraction(sum(parts), whole))
    assert all(abs(a - Fraction(b, whole)) < 1 for a, b in zip(found, parts, strict=True))


@given(st.lists(st.integers(0, 10**13), min_size=1, max_size=4), st.integers(0, 10**6))
def test_shared_out_parts_sum_to_every_total(totals: list[int], seed: int) -> None:
    random = np.random.default_rng(seed)
    owners = np.concatenate([np.arange(len(totals)), random.integers(0, len(totals), 9)])
    parts = random.uniform(0.1, 1, len(owners))

    found = share_out(np.array(totals), owners, parts)

    sums = np.bincount(owners, parts)
    assert np.bincount(owners, found).tolist() == totals
    np.testing.assert_allclose(found, parts / sums[owners] * np.array(totals)[owners], atol=1.01)


@example(2**56, 3)
@given(st.integers(1, 2**61), st.integers(2, 30))
def test_more_fen_than_a_float_can_tell_apart_are_shared_out_whole(total: int, size: int) -> None:
    found = share_out(np.array([total]), np.zeros(size, np.int64), np.full(size, 1 / 3))

    assert sum(found.tolist()) == total
    assert found.min() >= 0

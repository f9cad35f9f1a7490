"""Ties to many sources at a time: against the matrix equation, laws, refusals."""

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.diffusion import (
    Dangling,
    Sources,
    Spreads,
    Ties,
    Walk,
    spread,
    spread_all,
    spread_strong,
)
from graph.errors import InvalidInput, NotConverged
from graph.spread.proximity import ties as bounds
from tests.graph.effort import examples

Trades = tuple[int, np.ndarray, np.ndarray, np.ndarray]
DANGLING: list[Dangling] = ["lost", "sources"]


@st.composite
def trades(draw: st.DrawFn) -> Trades:
    n = draw(st.integers(1, 9))
    size = draw(st.integers(0, 3 * n))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    amounts = rng.lognormal(0, 3, size) * (rng.random(size) < 0.9)
    return n, rng.integers(0, n, size), rng.integers(0, n, size), amounts


def tied(drawn: Trades) -> Ties:
    n, suppliers, buyers, amounts = drawn
    return Ties.build(n, suppliers=suppliers, buyers=buyers, amounts=amounts)


def solved(drawn: Trades, weights: np.ndarray, damping: float, dangling: Dangling) -> np.ndarray:
    """Solve the equation source by source."""
    n, suppliers, buyers, amounts = drawn
    bought = np.bincount(buyers, amounts, n)
    step = np.zeros((n, n))
    np.add.at(step, (suppliers, buyers), amounts / np.where(bought > 0, bought, 1)[buyers])
    found = []
    for source in weights / weights.sum(axis=1)[:, None]:
        whole = step.copy()
        if dangling == "sources":
            whole[:, bought == 0] = source[:, None]
        found.append((1 - damping) * np.linalg.solve(np.eye(n) - damping * whole, source))
    return np.array(found)


def weighted(seed: int, sources: int, firms: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    weights = rng.lognormal(0, 2, (sources, firms)) * (rng.random((sources, firms)) < 0.4)
    weights[np.arange(sources), rng.integers(0, firms, sources)] += 1.0
    return weights


@settings(max_examples=examples(40), deadline=None)
@given(
    trades(),
    st.integers(0, 10**6),
    st.sampled_from([0.0, 0.5, 0.85, 0.97]),
    st.sampled_from([1e-3, 1e-6, 1e-10]),
    st.sampled_from(DANGLING),
)
def test_no_source_is_further_off_than_it_says(
    drawn: Trades, seed: int, damping: float, tolerance: float, dangling: Dangling
) -> None:
    weights = weighted(seed, 3, drawn[0])
    walk = Walk.prepare(tied(drawn), damping=damping)

    found = spread_all(walk, Sources.of(weights), tolerance=tolerance, dangling=dangling)

    off = np.abs(found.shares - solved(drawn, weights, damping, dangling)).sum(axis=1)
    assert (off <= found.residual + 1e-14).all()
    assert (found.residual <= tolerance).all()
    assert (found.shares >= 0).all()
    assert (found.shares.sum(axis=1) <= 1 + tolerance).all()


def drawn_ties(seed: int, firms: int = 60) -> Ties:
    rng = np.random.default_rng(seed)
    ends = rng.integers(0, firms, (2, 4 * firms))
    return Ties.build(firms, suppliers=ends[0], buyers=ends[1], amounts=rng.lognormal(0, 1, 240))


@pytest.mark.parametrize("dangling", DANGLING)
def test_one_source_at_a_time_comes_to_the_same(dangling: Dangling) -> None:
    ties = drawn_ties(3)
    weights = weighted(4, 20, 60)

    found = spread_all(Walk.prepare(ties), Sources.of(weights), dangling=dangling)

    for row, source in zip(found.shares, weights, strict=True):
        wanted = spread(ties, source, dangling=dangling, tolerance=1e-12)
        assert np.abs(row - wanted.shares).sum() <= 1e-10


def test_networkx_comes_to_the_same() -> None:
    rng = np.random.default_rng(5)
    ends = rng.integers(0, 30, (2, 90))
    amounts = rng.lognormal(0, 1, 90)
    graph = nx.DiGraph()
    graph.add_nodes_from(range(30))
    for supplier, buyer, amount in zip(*ends.tolist(), amounts.tolist(), strict=True):
        before = graph.edges.get((buyer, supplier), {"weight": 0.0})["weight"]
        graph.add_edge(buyer, supplier, weight=before + amount)
    ties = Ties.build(30, suppliers=ends[0], buyers=ends[1], amounts=amounts)

    found = spread_all(Walk.prepare(ties), Sources.alone([4, 7]), dangling="sources")

    for row, firm in zip(found.shares, (4, 7), strict=True):
        wanted = nx.pagerank(graph, personalization={firm: 1}, tol=1e-14, max_iter=500)
        np.testing.assert_allclose(row, [wanted[i] for i in range(30)], atol=1e-10)


def bits(found: Spreads) -> list[tuple[bytes, int, float]]:
    rows = [row.tobytes() for row in found.shares]
    return list(zip(rows, found.rounds.tolist(), found.residual.tolist(), strict=True))


def test_company_and_threads_change_no_bit() -> None:
    walk = Walk.prepare(drawn_ties(6))
    weights = weighted(7, 37, 60)

    together = spread_all(walk, Sources.of(weights), threads=2)
    turned = spread_all(walk, Sources.of(weights[::-1]))
    alone = [spread_all(walk, Sources.of(source)) for source in weights]

    assert bits(together) == bits(turned)[::-1]
    assert bits(together) == [one for each in alone for one in bits(each)]


def test_the_ties_of_a_mixture_are_the_mixture_of_the_ties() -> None:
    walk = Walk.prepare(drawn_ties(8))
    pair = weighted(9, 2, 60)
    pair /= pair.sum(axis=1)[:, None]
    mixed = 0.3 * pair[0] + 0.7 * pair[1]

    one, other, both = spread_all(walk, Sources.of([*pair, mixed])).shares

    assert np.abs(0.3 * one + 0.7 * other - both).sum() <= 3e-10


@settings(max_examples=examples(20), deadline=None)
@given(trades(), st.randoms(use_true_random=False))
def test_names_do_not_matter(drawn: Trades, random: object) -> None:
    n, suppliers, buyers, amounts = drawn
    names = np.random.default_rng(random.randrange(10**6)).permutation(n)  # type: ignore[attr-defined]
    renamed = Ties.build(n, suppliers=names[suppliers], buyers=names[buyers], amounts=amounts)

    found = spread_all(Walk.prepare(tied(drawn)), Sources.alone(np.arange(n)))
    again = spread_all(Walk.prepare(renamed), Sources.alone(names))

    assert np.abs(found.shares - again.shares[:, names]).sum(axis=1).max() <= 2e-10


def test_the_units_of_sources_and_trades_do_not_matter() -> None:
    trade = {"suppliers": [1, 2, 0], "buyers": [0, 1, 2]}
    walk = Walk.prepare(Ties.build(3, **trade, amounts=[5, 7, 2]))  # type: ignore[arg-type]
    large = Walk.prepare(Ties.build(3, **trade, amounts=[5e100, 7e100, 2e100]))  # type: ignore[arg-type]

    found = spread_all(walk, Sources.of([3, 1, 0])).shares

    np.testing.assert_array_equal(found, spread_all(walk, Sources.of([0.75, 0.25, 0])).shares)
    np.testing.assert_array_equal(found, spread_all(large, Sources.of([3e100, 1e100, 0])).shares)


def test_a_circle_loses_nothing_and_a_chain_what_reaches_its_end() -> None:
    circle = Ties.build(3, suppliers=[1, 2, 0], buyers=[0, 1, 2], amounts=[5, 7, 2])
    chain = Ties.build(3, suppliers=[1, 2], buyers=[0, 1], amounts=[5, 7])

    round_and_round = spread_all(Walk.prepare(circle), Sources.alone([0])).shares
    down = spread_all(Walk.prepare(chain), Sources.alone([0])).shares

    assert round_and_round.sum() == pytest.approx(1, abs=1e-10)
    np.testing.assert_allclose(down, [[0.15, 0.15 * 0.85, 0.15 * 0.85**2]], atol=1e-10)


def test_a_firm_that_buys_of_itself_keeps_what_it_is_given() -> None:
    ties = Ties.build(2, suppliers=[0, 1], buyers=[0, 0], amounts=[3, 1])

    found = spread_all(Walk.prepare(ties, damping=0.8), Sources.alone([0, 1])).shares

    # x = 0.2 + 0.8 (3/4) x, and a fifth of the walk's last quarter.
    np.testing.assert_allclose(found, [[0.5, 0.1], [0.0, 0.2]], atol=1e-10)


def test_strong_ties_are_those_of_all_ties_and_no_other() -> None:
    walk = Walk.prepare(drawn_ties(10))
    sources = Sources.of(weighted(11, 35, 60))

    every = spread_all(walk, sources)
    strong = spread_strong(walk, sources, least=0.01, threads=2)

    table = np.zeros_like(every.shares)
    table[np.repeat(np.arange(35), np.diff(strong.offsets)), strong.firms] = strong.shares
    np.testing.assert_array_equal(table, np.where(every.shares >= 0.01, every.shares, 0))
    assert strong.residual.tolist() == every.residual.tolist()


def test_progress_counts_every_source() -> None:
    told: list[int] = []

    spread_all(Walk.prepare(drawn_ties(1)), Sources.alone(np.arange(40)), progress=told.append)

    assert sum(told) == 40


def test_nobody_and_nothing_asked() -> None:
    nobody = Walk.prepare(Ties.build(0, suppliers=[], buyers=[], amounts=[]))
    alone = Walk.prepare(Ties.build(1, suppliers=[], buyers=[], amounts=[]))

    assert spread_all(nobody, Sources.alone([])).shares.shape == (0, 0)
    assert spread_strong(alone, Sources.alone([]), least=0.5).offsets.tolist() == [0]
    assert spread_all(alone, Sources.alone([0])).shares == pytest.approx(0.15)
    assert spread_all(alone, Sources.alone([0]), dangling="sources").shares.tolist() == [[1.0]]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"tolerance": 0.0}, "tolerance 0.0"),
        ({"dangling": "kept"}, "dangling 'kept'"),
        ({"threads": 0}, "threads 0"),
    ],
)
def test_what_is_out_of_range_is_refused(options: dict[str, object], words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        spread_all(Walk.prepare(drawn_ties(1)), Sources.alone([0]), **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        (([1, 2], [0, 1], [1.0, 2.0]), "rise from 0"),
        (([0, 2, 1], [0], [1.0]), "rise from 0"),
        (([], [], []), "rise from 0"),
        (([0, 1], [0], [1.0, 2.0]), "differ in length"),
        (([0, 1], [0], [-1.0]), "negative or missing"),
        (([0, 2], [0, 1], [1e308, 1e308]), "sum to more than 1e\\+305"),
        (([0, 1, 1], [0], [1.0]), "source 1 weighs nothing"),
    ],
)
def test_sources_that_do_not_fit_are_refused(
    columns: tuple[list[int], list[int], list[float]], words: str
) -> None:
    offsets, rows, weights = columns

    with pytest.raises(InvalidInput, match=words):
        Sources(np.array(offsets, np.int64), np.array(rows, np.int64), np.array(weights))


def test_other_refusals_are_in_words() -> None:
    walk = Walk.prepare(drawn_ties(2))

    with pytest.raises(InvalidInput, match="outside the 60 firms"):
        spread_all(walk, Sources.alone([60]))
    with pytest.raises(InvalidInput, match="least 0"):
        spread_strong(walk, Sources.alone([0]), least=0.0)
    with pytest.raises(InvalidInput, match="damping 1"):
        Walk.prepare(drawn_ties(2), damping=1.0)
    with pytest.raises(InvalidInput, match="too near 1"):
        spread_all(Walk.prepare(drawn_ties(2), damping=1.0 - 1e-16), Sources.alone([0]))


@pytest.mark.parametrize("dangling", DANGLING)
@pytest.mark.parametrize("damping", [0.1, 0.85, 0.999])
@pytest.mark.parametrize("tolerance", [1e-14, 1e-300])
def test_a_tolerance_below_rounding_ends_at_the_floor_and_says_how_far_off(
    damping: float, tolerance: float, dangling: Dangling
) -> None:
    drawn = (4, np.array([0, 1, 2, 3, 1, 2]), np.array([1, 2, 0, 0, 3, 3]), np.arange(1.0, 7.0))
    walk = Walk.prepare(tied(drawn), damping=damping)
    weights = np.eye(4)

    found = spread_all(walk, Sources.of(weights), tolerance=tolerance, dangling=dangling)

    off = np.abs(found.shares - solved(drawn, weights, damping, dangling)).sum(axis=1)
    assert (found.residual <= max(tolerance, 3 * walk.floor)).all()
    assert (off <= found.residual + 1e-15 / (1 - damping)).all()


@pytest.mark.parametrize("damping", [0.999999, 0.999999999])
def test_sweeps_and_steps_are_bounded_however_near_the_damping_is_to_one(
    damping: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "VISITS_MAX", 1_000_000)
    circle = Ties.build(3, suppliers=[0, 1, 2], buyers=[1, 2, 0], amounts=[3.0, 4.0, 5.0])
    slow = tied((4, np.array([0, 1, 2, 3, 1, 2]), np.array([1, 2, 0, 0, 3, 3]), np.arange(1.0, 7)))

    with pytest.raises(NotConverged, match=r"source 0: \S+ is left out after \d+ sweeps, the most"):
        spread_all(Walk.prepare(slow, damping=damping), Sources.alone([0]))
    with pytest.raises(NotConverged, match=r"\S+ is left out after \d+ steps, the most"):
        spread(circle, [1, 0, 0], damping=damping)

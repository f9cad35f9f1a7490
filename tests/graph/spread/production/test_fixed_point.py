"""The fixed point: never outside its bracket, closed forms, refusals."""

from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph.contagion import EXACT, Economy, Production, Scenarios, bracket, esri, prepare
from graph.errors import InvalidInput
from graph.spread.production import fixed_point, shadow_prices
from graph.spread.production.stored import load, save
from tests.graph.effort import UNCOMPILED, examples
from tests.graph.spread.production.test_rounds import literal

# Without the compiler, for coverage, a few small economies are enough.
large = pytest.mark.skipif(UNCOMPILED, reason="many firms take minutes without the compiler")
FEW = settings(max_examples=examples(100))
SLACK = 1e-12  # Sums of shares in another order.
NO_SLACK = (1e-15,) * 4  # So little that no certificate holds.


def random_economy(
    seed: int, *, firms: int, sectors: int, leakage: float, trades_a_firm: int = 5
) -> Economy:
    """A heavy-tailed economy with all three classes of inputs."""
    rng = np.random.default_rng(seed)
    size = rng.pareto(1.2, firms) + 0.05
    count = trades_a_firm * firms
    suppliers = rng.choice(firms, count, p=size / size.sum())
    buyers = rng.integers(0, firms, count)
    kept = suppliers != buyers
    suppliers, buyers = suppliers[kept], buyers[kept]
    numbers = rng.integers(0, sectors, firms)
    table = rng.choice([0, 1, 2], (sectors, sectors), p=[0.3, 0.3, 0.4])
    amounts = rng.lognormal(0, 1.5, len(suppliers)) * size[suppliers]
    classes = table[numbers[suppliers], numbers[buyers]]
    return Economy(firms, suppliers, buyers, amounts, classes, numbers, leakage=leakage)


def assert_bracketed(production: Production, scenarios: Scenarios, **asked: float) -> np.ndarray:
    """The rounds iterated to their end lie within the bracket; returns what was exact."""
    found = bracket(production, scenarios, **asked)
    settled = esri(production, scenarios, rules=EXACT).total

    assert (found.lower <= settled + SLACK).all()
    assert (found.upper >= settled - SLACK).all()
    assert (found.lower <= found.total).all()
    assert (found.total <= found.upper).all()
    return found.exact


@FEW
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from([6, 25, 120]),
    st.sampled_from([1, 2, 7, 40]),
    st.sampled_from([0.05, 0.3, 2.0]),
)
def test_the_fixed_point_is_never_outside_its_bracket(
    seed: int, firms: int, sectors: int, leakage: float
) -> None:
    production = prepare(random_economy(seed, firms=firms, sectors=sectors, leakage=leakage))

    assert_bracketed(production, Scenarios.alone(range(firms)))


@FEW
@given(st.integers(0, 2**32 - 1), st.floats(0.001, 1.0))
def test_shocks_to_many_firms_and_in_part_are_bracketed_too(seed: int, share: float) -> None:
    production = prepare(random_economy(seed, firms=60, sectors=5, leakage=0.2))
    rng = np.random.default_rng(seed)
    rows = rng.choice(60, 8, replace=False)
    offsets, down, up = np.array([0, 3, 8]), rng.random(8) * share, rng.random(8)

    assert_bracketed(production, Scenarios(offsets, rows, down, up))


@FEW
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from([6, 25, 120]),
    st.sampled_from([1, 2, 7, 40]),
    st.sampled_from([0.05, 0.3, 2.0]),
)
def test_losses_that_are_lifted_bound_the_fixed_point_as_well(
    seed: int, firms: int, sectors: int, leakage: float
) -> None:
    production = prepare(random_economy(seed, firms=firms, sectors=sectors, leakage=leakage))
    rng = np.random.default_rng(seed)
    scenarios = Scenarios(np.array([0, 1, 2, 5]), np.arange(5), rng.random(5), rng.random(5))

    with patch.object(shadow_prices, "SLACKS", NO_SLACK):
        exact = assert_bracketed(production, scenarios)

    assert not exact.any()


@large
def test_what_is_lifted_lies_close_above() -> None:
    production = prepare(random_economy(1, firms=1000, sectors=12, leakage=0.25))

    settled = esri(production, Scenarios.alone(range(100)), rules=EXACT)

    with (
        patch.object(shadow_prices, "SLACKS", NO_SLACK),
        patch.object(fixed_point, "ALONE_MAX", 100),
    ):
        found = bracket(production, Scenarios.alone(range(100)))

    assert not found.exact.any()
    np.testing.assert_allclose(found.down, settled.down, rtol=0.02)
    np.testing.assert_array_equal(found.total, found.upper)


def test_many_that_no_certificate_covers_are_raised_in_columns() -> None:
    firms = 40 if UNCOMPILED else 300
    production = prepare(random_economy(1, firms=firms, sectors=12, leakage=0.25))
    everybody = Scenarios.alone(range(firms))

    with patch.object(shadow_prices, "SLACKS", NO_SLACK):
        found = bracket(production, everybody)
        exact = assert_bracketed(production, everybody)

    assert not exact.any()
    assert found.width.max() <= fixed_point.COLUMN_WIDTH


@large
def test_losses_that_an_upper_bound_does_not_bring_to_rest_are_iterated() -> None:
    production = prepare(random_economy(1, firms=200, sectors=12, leakage=0.25))
    scenarios = Scenarios.alone(range(200))

    with (
        patch.object(shadow_prices, "SLACKS", NO_SLACK),
        patch.object(fixed_point, "ALONE_MAX", 200),
        patch.object(fixed_point, "UPPER_ROUNDS_MAX", 2),
    ):
        exact = assert_bracketed(production, scenarios)

    assert 0 < exact.sum() < 200


@large
def test_no_firm_of_a_large_economy_needs_to_be_iterated() -> None:
    production = prepare(random_economy(1, firms=1500, sectors=12, leakage=0.25))

    exact = assert_bracketed(production, Scenarios.alone(range(1500)))

    assert not exact.any()


@large
def test_a_narrower_bracket_is_given_where_it_is_asked_for() -> None:
    production = prepare(random_economy(3, firms=1000, sectors=20, leakage=0.25))
    everybody = Scenarios.alone(range(1000))

    rough = bracket(production, everybody)
    all_fine = bracket(production, everybody, width=1e-3)
    top_fine = bracket(production, everybody, width=1e-3, top=0.02)

    assert all_fine.width.max() <= 1e-3 < rough.width.max()
    largest = np.argsort(-rough.upper)[:20]
    assert top_fine.width[largest].max() <= 1e-3 < top_fine.width.max()
    assert_bracketed(production, everybody, width=1e-3)


@pytest.mark.parametrize("width", [1e-3, 1e-6])
def test_columns_narrow_what_a_certificate_leaves_wide(width: float) -> None:
    firms = 25 if UNCOMPILED else 500
    production = prepare(random_economy(3, firms=firms, sectors=20, leakage=0.25))
    everybody = Scenarios.alone(range(firms))

    with patch.object(fixed_point, "THRESHOLDS", (1.0,)):  # Nobody is pushed.
        found = bracket(production, everybody, width=width)
        exact = assert_bracketed(production, everybody, width=width)

    assert not exact.any()
    assert found.width.max() <= width


def test_what_columns_do_not_bring_to_rest_is_iterated() -> None:
    production = prepare(random_economy(3, firms=25, sectors=5, leakage=0.05))
    everybody = Scenarios.alone(range(25))

    with (
        patch.object(fixed_point, "THRESHOLDS", (1.0,)),
        patch.object(fixed_point, "COLUMN_ROUNDS_MAX", 2),
    ):
        found = bracket(production, everybody, width=1e-3)
        exact = assert_bracketed(production, everybody, width=1e-3)

    assert exact.any()
    assert found.width.max() <= 1e-3


@FEW
@given(st.integers(0, 2**32 - 1))
def test_the_value_is_that_of_the_equations_read_literally(seed: int) -> None:
    given_economy = random_economy(seed, firms=9, sectors=3, leakage=0.25, trades_a_firm=3)
    production = prepare(given_economy)
    sales = np.bincount(given_economy.suppliers, given_economy.amounts, 9)
    bought = np.bincount(given_economy.buyers, given_economy.amounts, 9)
    stated = Economy(
        9,
        given_economy.suppliers,
        given_economy.buyers,
        given_economy.amounts,
        given_economy.classes,
        given_economy.sectors,
        revenue=sales * 1.25,
        cost=bought * 1.25,
    )
    psi = np.ones(9)
    psi[2] = 0.0

    down, up, _ = literal(stated, psi, psi, 1e-14, sigma_on=True)
    found = bracket(production, Scenarios.alone([2]), width=1e-6)

    wanted = (production.weights * (1 - np.minimum(down, up))).sum()
    assert found.lower[0] <= wanted + SLACK
    assert found.total[0] == pytest.approx(wanted, rel=2e-6, abs=1e-13)


@large
def test_orders_alone_have_a_closed_form() -> None:
    """ESRI_u(k) = (s^T G)_k / (G_kk sum s) with G = (I - up)^-1, firm k closed."""
    given_economy = random_economy(5, firms=300, sectors=6, leakage=0.25)
    production = prepare(given_economy)
    firms = np.arange(300)
    up = np.zeros((300, 300))
    np.add.at(up, (given_economy.suppliers, given_economy.buyers), given_economy.amounts)
    sales = up.sum(axis=1)
    up /= np.where(sales > 0, sales * 1.25, 1)[:, None]
    inverse = np.linalg.inv(np.eye(300) - up)
    wanted = (sales @ inverse) / np.diag(inverse) / sales.sum()

    nothing = np.zeros(300)
    scenarios = Scenarios(np.arange(301), firms, nothing, np.ones(300))
    settled = esri(production, scenarios, rules=EXACT)
    found = bracket(production, scenarios, width=1e-4)

    np.testing.assert_allclose(settled.up, wanted, rtol=0, atol=1e-12)
    assert (found.lower <= wanted + SLACK).all()
    assert (found.upper >= wanted - SLACK).all()


def test_a_closed_economy_is_refused_with_its_spectral_radius() -> None:
    circle = Economy(3, [0, 1, 2], [1, 2, 0], [1.0, 1.0, 1.0])

    with pytest.raises(InvalidInput, match=r"spectral radius of the upstream shares is 1, not"):
        bracket(prepare(circle), Scenarios.alone([0]))


def test_what_is_asked_out_of_range_is_refused() -> None:
    production = prepare(random_economy(1, firms=6, sectors=2, leakage=0.25))
    for asked in ({"width": 0.0}, {"width": 1.5}, {"top": 0.0}, {"threads": 0}):
        with pytest.raises(InvalidInput):
            bracket(production, Scenarios.alone([0]), **asked)
    for leakage in (-0.1, float("nan")):
        with pytest.raises(InvalidInput, match="leakage"):
            prepare(Economy(2, [0], [1], [1.0], leakage=leakage))


def test_no_scenario_and_no_firm_give_nothing() -> None:
    production = prepare(random_economy(1, firms=6, sectors=2, leakage=0.25))

    assert len(bracket(production, Scenarios.alone([])).total) == 0
    assert len(bracket(prepare(Economy(0, [], [], [])), Scenarios.alone([])).total) == 0


@large
def test_threads_change_no_bit() -> None:
    production = prepare(random_economy(4, firms=500, sectors=9, leakage=0.25))
    everybody, told = Scenarios.alone(range(500)), []

    one = bracket(production, everybody)
    three = bracket(production, everybody, threads=3, progress=told.append)

    for name in ("total", "lower", "upper", "down", "up", "rounds", "exact"):
        assert getattr(one, name).tobytes() == getattr(three, name).tobytes(), name
    assert sum(told) == 500


def test_what_a_unit_of_loss_costs_is_solved_once_and_saved(tmp_path: Path) -> None:
    production = prepare(
        Economy(3, [0, 1], [1, 2], [4.0, 6.0], revenue=[8.0, 12.0, 0.0]),
    )
    scenarios = Scenarios.alone([0, 1, 2])
    first = bracket(production, scenarios)
    save(production, tmp_path / "network")
    loaded = load(tmp_path / "network", verify=True)

    with patch.object(shadow_prices, "_solved", side_effect=AssertionError("solved again")):
        again, from_file = bracket(production, scenarios), bracket(loaded, scenarios)

    for found in (again, from_file):
        assert found.lower.tobytes() == first.lower.tobytes()
        assert found.upper.tobytes() == first.upper.tobytes()


def test_a_network_without_a_fixed_point_is_saved_without(tmp_path: Path) -> None:
    circle = prepare(Economy(2, [0, 1], [1, 0], [4.0, 4.0]))

    save(circle, tmp_path / "network")

    with pytest.raises(InvalidInput, match="spectral radius"):
        bracket(load(tmp_path / "network"), Scenarios.alone([0]))

"""Production losses: published values, worked examples, laws."""

import csv
from itertools import pairwise
from pathlib import Path

import numba
import numpy as np
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from graph.contagion import (
    Economy,
    Observers,
    Production,
    Rules,
    Scenarios,
    close,
    cut_e12,
    esri,
    in_fen,
    losses,
    observe,
    prepare,
    rounds,
)
from graph.errors import InvalidInput, NotConverged

ROOT = Path(__file__).parents[4]
REFERENCE = ROOT.parent / "shared" / "reference" / "esri"
TIGHT = Rules(tolerance=1e-12)

ELEVEN = {
    "suppliers": [1, 1, 2, 5, 6, 6, 7, 8, 8, 9],
    "buyers": [0, 2, 6, 6, 3, 10, 10, 4, 9, 6],
    "sectors": [1, 2, 1, 3, 4, 2, 4, 1, 2, 3, 5],
}
LINEAR = [0.1, 0.3667, 0.2667, 0.35, 0.1, 0.1667, 0.7, 0.1, 0.3667, 0.2667, 0.45]
LEONTIEF = [0.1, 0.5, 0.4, 0.35, 0.1, 0.3, 0.7, 0.1, 0.5, 0.4, 0.45]
LINEAR_REPLACED = [0.1, 0.3, 0.2667, 0.35, 0.1, 0.1167, 0.7, 0.1, 0.3111, 0.2667, 0.45]
LEONTIEF_REPLACED = [0.1, 0.3667, 0.4, 0.35, 0.1, 0.15, 0.7, 0.1, 0.4, 0.4, 0.45]


def eleven(kind: int, *, replaceability: bool) -> Production:
    ones = np.ones(10)
    economy = Economy(
        11,
        ELEVEN["suppliers"],
        ELEVEN["buyers"],
        ones,
        classes=ones * kind,
        sectors=ELEVEN["sectors"],
    )
    return prepare(economy, replaceability=replaceability)


@pytest.mark.parametrize(
    ("kind", "replaceability", "wanted"),
    [
        (1, False, LINEAR),
        (2, False, LEONTIEF),
        (1, True, LINEAR_REPLACED),
        (2, True, LEONTIEF_REPLACED),
    ],
)
def test_the_eleven_firms_have_their_published_index(
    kind: int,
    replaceability: bool,  # noqa: FBT001  # A parameter of the test.
    wanted: list[float],
) -> None:
    found = esri(eleven(kind, replaceability=replaceability), Scenarios.alone(range(11)))

    assert found.total.round(4).tolist() == wanted
    assert found.rounds.tolist() == [2, 4, 3, 4, 2, 3, 3, 2, 4, 3, 4]


def test_six_firms_with_essential_and_other_inputs_to_the_last_digit() -> None:
    sales = np.array(
        [
            [0, 3, 2, 7, 5, 11],
            [4, 0, 9, 1, 8, 6],
            [10, 2, 0, 4, 3, 7],
            [6, 5, 1, 0, 9, 2],
            [8, 3, 6, 10, 0, 4],
            [2, 7, 5, 3, 11, 0],
        ]
    )
    sectors = np.array([0, 1, 2, 0, 1, 2])
    essential = np.array([[2, 1, 0], [0, 2, 1], [1, 0, 2]])
    suppliers, buyers = np.nonzero(sales)
    classes = essential[sectors[suppliers], sectors[buyers]]
    economy = Economy(6, suppliers, buyers, sales[suppliers, buyers], classes, sectors)

    found = close(prepare(economy), [0], rules=TIGHT)

    assert found.esri_down == pytest.approx(0.50687988214742541, abs=1e-14)
    left = [0, 0.6, 0.7894068197483480, 0, 0.6111111111111110, 0.8786670560685980]
    np.testing.assert_allclose(1 - found.down, left, rtol=0, atol=1e-14)


def test_a_firm_may_supply_itself() -> None:
    economy = Economy(2, [0, 0, 1], [0, 1, 1], [1.0, 1, 1], [2, 2, 2], [0, 0])

    found = close(prepare(economy), [0], rules=TIGHT)

    assert found.up.tolist() == [1, 0]
    assert found.down.tolist() == pytest.approx([1, 1], abs=1e-11)
    assert found.esri_up == pytest.approx(2 / 3, abs=1e-15)
    assert (found.esri_down, found.esri) == pytest.approx((1, 1), abs=1e-11)


def test_inputs_marked_by_the_trade_count_in_all_inputs_of_the_buyer() -> None:
    """Thirteen firms; one supplier of X is not needed by it, yet weighs in its inputs."""
    names = ["A", "X", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K", "L"]
    links = [
        *(["AX2", "BX2", "CX2", "DX2", "EX1", "FX1", "GX1", "HX0", "XI2", "XJ1", "XK2", "KL2"])
    ]
    sectors = dict(
        zip(
            ["A", "X", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K", "L"],
            [1, 1, 2, 2, 2, 3, 3, 5, 99, 1, 3, 4, 2],
            strict=True,
        )
    )
    economy = Economy(
        13,
        [names.index(link[0]) for link in links],
        [names.index(link[1]) for link in links],
        np.ones(len(links)),
        [int(link[2]) for link in links],
        [sectors[name] for name in names],
    )

    found = esri(prepare(economy), Scenarios.alone(range(13)), rules=Rules(tolerance=1e-9))

    wanted = {"A": 0.416667, "X": 1, "H": 0.083333, "I": 0.305556, "K": 0.388889}
    for name, value in wanted.items():
        assert found.total[names.index(name)] == pytest.approx(value, abs=1e-6), name


def test_the_misestimated_pair_differs_though_its_sector_sees_the_same() -> None:
    links = ["3-6", "4-6", "4-7", "5-7", "6-1", "6-2", "7-10", "7-11", "8-1", "8-2", "9-11"]
    suppliers, buyers = (
        np.array([int(link.split("-")[end]) - 1 for link in links]) for end in (0, 1)
    )
    weights = np.maximum(np.bincount(suppliers, minlength=11), np.bincount(buyers, minlength=11))
    economy = Economy(11, suppliers, buyers, np.ones(11), weights=weights)
    production = prepare(economy, replaceability=False)

    third, fourth = close(production, [2]), close(production, [3])

    assert third.down.tolist() == [0.25, 0.25, 1, 0, 0, 0.5, 0, 0, 0, 0, 0]
    assert fourth.down.tolist() == [0.25, 0.25, 0, 1, 0, 0.5, 0.5, 0, 0, 0.5, 0.25]
    assert (third.esri_down, third.esri_up) == pytest.approx((0.166667, 0.055556), abs=1e-6)
    assert (fourth.esri_down, fourth.esri_up) == pytest.approx((0.333333, 0.111111), abs=1e-6)


def test_a_dead_market_counts_as_one_unit_where_that_is_asked_for() -> None:
    economy = Economy(2, [0], [1], [0.25], sectors=[0, 1])
    production = prepare(economy)

    assert close(production, [0]).down.tolist() == [1, 1]
    unit = Rules(dead_sector="unit")
    assert close(production, [0], rules=unit).down.tolist() == [1, 0.25]
    assert esri(production, Scenarios.alone([0]), rules=unit).down.tolist() == [1]
    assert observe(
        production, Scenarios.alone([0]), Observers([0, 1], [1]), rules=unit
    ).loss.tolist() == [0.25]


# --- published values -----------------------------------------------------------------------


def table(path: Path) -> list[list[str]]:
    if not path.exists():
        pytest.skip(f"no reference values at {path.name}")
    with path.open(encoding="utf-8") as file:
        return list(csv.reader(file))


def numbers(path: Path) -> np.ndarray:
    return np.array([[float(cell) for cell in row] for row in table(path)[1:]])


def from_edges(folder: Path) -> Economy:
    edges = numbers(folder / "edges.csv")
    sectors = [row[1] for row in table(folder / "sectors.csv")[1:]]
    essential = table(folder / "essential.csv")
    order = essential[0][1:]
    codes = np.array([[int(cell) for cell in row[1:]] for row in essential[1:]])
    numbered = np.array([order.index(sector) for sector in sectors])
    suppliers, buyers = edges[:, 0].astype(int) - 1, edges[:, 1].astype(int) - 1
    return Economy(
        len(sectors),
        suppliers,
        buyers,
        edges[:, 2],
        codes[numbered[suppliers], numbered[buyers]],
        numbered,
    )


@pytest.mark.parametrize(
    ("name", "tolerance", "replaceability"),
    [
        ("fig1_linear_eps0.01", 1e-2, False),
        ("fig1_linear_eps1e-08", 1e-8, False),
        ("fig1_leontief", 1e-8, False),
        ("random_1_n30", 1e-4, False),
    ],
)
def test_the_published_networks_give_the_published_losses(
    name: str,
    tolerance: float,
    replaceability: bool,  # noqa: FBT001  # A parameter of the test.
) -> None:
    folder = REFERENCE / name
    production = prepare(from_edges(folder), replaceability=replaceability)
    wanted = numbers(folder / "esri.csv")
    rules = Rules(tolerance=tolerance)

    found = esri(production, Scenarios.alone(range(len(production))), rules=rules)

    np.testing.assert_allclose(found.total, wanted[:, 0], rtol=0, atol=1e-12)
    np.testing.assert_allclose(found.down, wanted[:, 1], rtol=0, atol=1e-12)
    np.testing.assert_allclose(found.up, wanted[:, 2], rtol=0, atol=1e-12)
    assert found.rounds.tolist() == numbers(folder / "ESRI_conv.csv")[:, 2].tolist()
    down, up = numbers(folder / "hd_T_mat.csv"), numbers(folder / "hu_T_mat.csv")
    for k in range(len(production)):
        one = close(production, [k], rules=rules)
        np.testing.assert_allclose(one.down, down[:, k], rtol=0, atol=1e-11)
        np.testing.assert_allclose(one.up, up[:, k], rtol=0, atol=1e-11)


@pytest.mark.parametrize("network", ["scale_free_101_4000", "erdos_reny_101_213"])
@pytest.mark.parametrize(
    "case",
    [
        "lin_mkt_eps0.01",
        "lin_nomkt_eps0.01",
        "leo_mkt_eps0.01",
        "mixed_mkt_revcost_eps0.01",
        "mixed_mkt_revcost_eps1e-08",
        "lin_mkt_partialpsi_eps0.01",
    ],
)
def test_the_tutorial_networks_give_the_published_index(network: str, case: str) -> None:
    folder = REFERENCE / "tutorial"
    sales = numbers(folder / f"example_net_{network}.csv")
    sectors = np.array([int(row[1]) - 1 for row in table(folder / "industry_vector.csv")[1:]])
    essential = numbers(folder / f"{network}_{case}_ess.csv")[:, 1:].astype(int)
    wanted = numbers(folder / f"{network}_{case}_ESRI.csv")
    suppliers, buyers = np.nonzero(sales)
    stated = "revcost" in case
    economy = Economy(
        101,
        suppliers,
        buyers,
        sales[suppliers, buyers],
        essential[sectors[suppliers], sectors[buyers]],
        sectors,
        revenue=1.3 * sales.sum(1) if stated else None,
        cost=1.2 * sales.sum(0) if stated else None,
    )
    scenarios = Scenarios.alone(range(101))
    if "partialpsi" in case:
        shares = numbers(folder / f"{network}_psi_loss.csv")
        scenarios = columns_as_scenarios(shares)
    production = prepare(economy, replaceability="nomkt" not in case)

    found = esri(production, scenarios, rules=Rules(tolerance=float(case.rsplit("eps", 1)[1])))

    np.testing.assert_allclose(found.total, wanted[:, 0], rtol=0, atol=1e-12)
    np.testing.assert_allclose(found.down, wanted[:, 1], rtol=0, atol=1e-12)
    np.testing.assert_allclose(found.up, wanted[:, 2], rtol=0, atol=1e-12)
    assert found.rounds.tolist() == wanted[:, 3].tolist()


def columns_as_scenarios(shares: np.ndarray) -> Scenarios:
    columns, rows = np.nonzero(shares.T)
    offsets = np.searchsorted(columns, np.arange(shares.shape[1] + 1))
    values = shares[rows, columns]
    return Scenarios(offsets, rows, values, values)


# --- laws -----------------------------------------------------------------------------------


@st.composite
def economies(draw: st.DrawFn) -> Economy:
    n = draw(st.integers(2, 12))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    size = draw(st.integers(1, 4 * n))
    sectors = rng.integers(-1, 4, n)
    suppliers, buyers = rng.integers(0, n, size), rng.integers(0, n, size)
    kinds = rng.integers(0, 3, (5, 5))
    amounts = rng.lognormal(0, 2, size)
    sales = np.bincount(suppliers, amounts, n)
    return Economy(
        n,
        suppliers,
        buyers,
        amounts,
        kinds[sectors[suppliers], sectors[buyers]],
        sectors,
        revenue=sales * 1.2 + 1,
    )


@settings(deadline=None)
@given(economies())
def test_losses_are_shares_and_the_closed_firm_loses_all(economy: Economy) -> None:
    found = close(prepare(economy), [1])

    for values in (found.down, found.up, found.loss):
        assert values.min() >= 0
        assert values.max() <= 1
        assert values[1] == 1
    assert max(found.esri_down, found.esri_up) - 1e-15 <= found.esri <= 1 + 1e-12


@settings(deadline=None)
@given(economies(), st.floats(0, 1), st.floats(0, 1))
def test_a_larger_shock_never_loses_less(economy: Economy, one: float, other: float) -> None:
    # Both run to rest: a shock that moves less may stop earlier under a coarse tolerance.
    production, (small, large) = prepare(economy), sorted((one, other))
    rules = Rules(tolerance=1e-11)

    try:
        less = close(production, Scenarios.together([0], down=small, up=small), rules=rules)
        more = close(production, Scenarios.together([0], down=large, up=large), rules=rules)
    except NotConverged:  # A closed circle may come to rest ever more slowly: it says nothing here.
        reject()

    assert (more.down >= less.down - 1e-8).all()
    assert (more.up >= less.up - 1e-8).all()


@settings(deadline=None)
@given(economies())
def test_no_shock_costs_nothing(economy: Economy) -> None:
    found = close(prepare(economy), Scenarios.together([0], down=0.0, up=0.0))

    assert found.loss.tolist() == [0] * economy.firms
    assert (found.esri, found.rounds) == (0, 1)


@settings(deadline=None)
@given(economies(), st.randoms())
def test_names_and_order_of_trades_do_not_matter(economy: Economy, random: object) -> None:
    rng = np.random.default_rng(random.randrange(2**32))  # type: ignore[attr-defined]
    place, order = rng.permutation(economy.firms), rng.permutation(len(economy.amounts))
    back = np.argsort(place)
    renamed = Economy(
        economy.firms,
        place[economy.suppliers][order],
        place[economy.buyers][order],
        economy.amounts[order],
        economy.classes[order],
        economy.sectors[back],
        revenue=economy.revenue[back],
    )

    before = close(prepare(economy), [0], rules=Rules(1e-4))
    after = close(prepare(renamed), [int(place[0])], rules=Rules(1e-4))

    np.testing.assert_allclose(after.down[place], before.down, rtol=0, atol=1e-12)
    np.testing.assert_allclose(after.up[place], before.up, rtol=0, atol=1e-12)


@settings(deadline=None)
@given(economies(), st.floats(0.001, 1000))
def test_the_unit_of_money_does_not_matter(economy: Economy, unit: float) -> None:
    scaled = Economy(
        economy.firms,
        economy.suppliers,
        economy.buyers,
        economy.amounts * unit,
        economy.classes,
        economy.sectors,
        revenue=economy.revenue * unit,
    )

    before, after = (close(prepare(e), [0], rules=Rules(1e-4)) for e in (economy, scaled))

    np.testing.assert_allclose(after.down, before.down, rtol=0, atol=1e-12)
    np.testing.assert_allclose(after.up, before.up, rtol=0, atol=1e-12)


def crowd() -> Production:
    rng = np.random.default_rng(11)
    n, size = 300, 1500
    return prepare(
        Economy(
            n,
            rng.integers(0, n, size),
            rng.integers(0, n, size),
            rng.lognormal(0, 1, size),
            sectors=rng.integers(0, 9, n),
        )
    )


def test_threads_change_no_bit() -> None:
    production, everybody = crowd(), Scenarios.alone(range(300))
    offsets, observers = np.arange(0, 601, 2), np.arange(600) % 300

    one, two = (esri(production, everybody, threads=t) for t in (1, 2))
    seen = [
        observe(production, everybody, Observers(offsets, observers), threads=t).loss.tobytes()
        for t in (1, 2, 3)
    ]

    assert one.total.tobytes() == two.total.tobytes()
    assert one.rounds.tobytes() == two.rounds.tobytes()
    assert len(set(seen)) == 1


def test_every_way_to_ask_gives_the_same_losses() -> None:
    production, closed = crowd(), np.arange(0, 300, 10 if numba.config.DISABLE_JIT else 1)
    scenarios, count = Scenarios.alone(closed), len(closed)
    index = esri(production, scenarios)
    observers = Observers(np.arange(count + 1) * 300, np.tile(np.arange(300), count))
    table = observe(production, scenarios, observers, threads=2).loss.reshape(count, 300)

    for k, found in enumerate(losses(production, scenarios, threads=2)):
        row = int(closed[k])
        one = close(production, [row])
        states = list(rounds(production, Scenarios.together([row])))
        assert found.rows.tolist() == np.flatnonzero(one.loss).tolist()
        assert table[k].tolist() == one.loss.tolist()
        np.testing.assert_allclose(states[-1].loss, one.loss, rtol=0, atol=1e-13)
        assert len(states) - 1 == one.rounds == found.rounds == index.rounds[k]
        assert index.total[k] == pytest.approx(one.esri, abs=1e-14)
        assert all((b.loss >= a.loss).all() for a, b in pairwise(states))


def test_progress_counts_every_scenario() -> None:
    told: list[int] = []

    esri(crowd(), Scenarios.alone(range(100)), progress=told.append)

    assert sum(told) == 100


def test_nobody_trades_nobody_loses() -> None:
    production = prepare(Economy(3, [], [], []))

    found = close(production, [1])

    assert found.loss.tolist() == [0, 1, 0]
    assert (found.esri, found.esri_down, found.esri_up) == (0, 0, 0)


def test_money_is_rounded_to_the_fen_and_shares_are_cut() -> None:
    assert in_fen(np.array([1 / 3]), np.array([100])).tolist() == [33]
    assert cut_e12(np.array([0.1 + 0.2, 2 / 3, 1e-13])).tolist() == [
        300_000_000_000,
        666_666_666_666,
        0,
    ]


# --- refusals -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"suppliers": [0, 3]}, "suppliers: entry 1 is no row"),
        ({"amounts": [1.0, -2.0]}, "amounts: entry 1 is negative"),
        ({"amounts": [np.nan, 2.0]}, "amounts: entry 0 is negative or missing"),
        ({"amounts": [1.0]}, "differ in length"),
        ({"classes": [1, 3]}, "classes: entry 1 is none of 0, 1, 2"),
        ({"sectors": [0, 1]}, "sectors has 2 entries for 3 firms"),
        ({"revenue": [1.0, 2.0]}, "revenue has 2 entries"),
        ({"revenue": [0.0, 2.0, 0.0]}, "revenue: entry 0 is 0 for a firm that trades"),
        ({"cost": [0.0, -2.0, 0.0]}, "cost: entry 1 is negative"),
    ],
)
def test_a_column_that_does_not_fit_is_refused_by_name(
    changed: dict[str, object], words: str
) -> None:
    columns = {"suppliers": [0, 1], "buyers": [1, 2], "amounts": [1.0, 2.0], **changed}

    with pytest.raises(InvalidInput, match=words):
        prepare(Economy(3, **columns))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("scenarios", "words"),
    [
        (Scenarios.alone([300]), "rows: entry 0 is no row of a firm"),
        (Scenarios.together([1, 1]), "twice in one scenario"),
        (Scenarios.together([1], down=1.5), "down: entry 0 is not in"),
        (Scenarios(np.array([0, 2]), np.array([1]), np.ones(1), np.ones(1)), "offsets do not run"),
        (Scenarios(np.array([0, 1]), np.array([1]), np.ones(2), np.ones(1)), "differ in length"),
    ],
)
def test_a_scenario_that_does_not_fit_is_refused(scenarios: Scenarios, words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        esri(crowd(), scenarios)


def test_losses_that_still_move_are_an_error_with_the_residual() -> None:
    production = crowd()
    rules = Rules(tolerance=0.001, rounds_max=2)

    with pytest.raises(
        NotConverged, match=r"scenario \d+: losses still moved by .* after 2 rounds"
    ):
        esri(production, Scenarios.alone(range(300)), rules=rules)
    with pytest.raises(NotConverged):
        list(rounds(production, Scenarios.together([0, 5, 7]), rules=rules))


def test_rules_observers_and_threads_out_of_range_are_refused() -> None:
    production = crowd()
    with pytest.raises(InvalidInput, match="tolerance"):
        Rules(tolerance=-1)
    with pytest.raises(InvalidInput, match="rounds_max"):
        Rules(rounds_max=0)
    with pytest.raises(InvalidInput, match="dead_sector"):
        Rules(dead_sector="two")  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="every scenario its observers"):
        observe(production, Scenarios.alone([1]), Observers([0], []))
    with pytest.raises(InvalidInput, match="observer"):
        observe(production, Scenarios.alone([1]), Observers([0, 1], [300]))
    with pytest.raises(InvalidInput, match="threads"):
        esri(production, Scenarios.alone([1]), threads=0)
    with pytest.raises(InvalidInput, match="2 scenarios"):
        close(production, Scenarios.alone([1, 2]))

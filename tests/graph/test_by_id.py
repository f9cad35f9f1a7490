"""A quant's way in: firms by id, results as tables, rows that are rows."""

from dataclasses import replace

import networkx as nx
import numpy as np
import pytest

from graph.contagion import (
    Economy,
    Exposures,
    Observers,
    Production,
    Rules,
    Scenarios,
    bracket,
    bracket_equity,
    close,
    esri,
    losses,
    losses_by,
    prepare,
    spread_equity,
)
from graph.errors import InvalidInput, NotConverged, NotFound
from graph.interop.graphs import from_networkx
from graph.network.firms import whole
from graph.testing.networks import toy

TRADES = {("ore", "mill"): 60, ("mill", "cars"): 90, ("mill", "vans"): 10}
SECTORS = {"ore": "B08", "mill": "C31", "cars": "C36", "vans": "C36"}


@pytest.fixture
def production() -> Production:
    return prepare(Economy.of(toy(TRADES, sector=SECTORS)))


def test_firms_close_by_id(production: Production) -> None:
    by_id, by_row = close(production, ["mill"]), close(production, [1])

    assert by_id.loss.tolist() == by_row.loss.tolist()
    assert by_id.to_pandas()["firm"].tolist() == ["cars", "mill", "ore", "vans"]
    assert by_id.to_pandas()["loss"].tolist() == by_id.loss.tolist()


def test_tables_name_scenarios_by_their_firm(production: Production) -> None:
    found = esri(production, Scenarios.alone(["ore", "cars"])).to_pandas()

    assert found["scenario"].tolist() == ["ore", "cars"]
    assert found.columns.tolist() == ["scenario", "esri", "esri_down", "esri_up", "rounds"]


def test_who_loses_is_told_by_id(production: Production) -> None:
    (found,) = losses(production, Scenarios.together(["vans"]))

    assert found.to_pandas()["firm"].tolist() == [production.ids[row] for row in found.rows]


def test_without_ids_rows_are_told() -> None:
    production = prepare(Economy(3, [0, 1], [1, 2], [4.0, 6.0]))

    assert close(production, [0]).to_pandas()["firm"].tolist() == [0, 1, 2]
    with pytest.raises(InvalidInput, match="knows its firms by row only"):
        close(production, ["mill"])


def test_a_firm_that_is_not_there_is_named(production: Production) -> None:
    with pytest.raises(NotFound, match="no firm 'mint' in the network"):
        esri(production, Scenarios.alone(["mill", "mint"]))


def test_every_result_gives_a_table(production: Production) -> None:
    leaking = prepare(replace(Economy.of(toy(TRADES)), leakage=0.5))
    exposures = Exposures.build([9, 9], creditors=[0], debtors=[1], amounts=[3], ids=["a", "b"])

    tables = [
        bracket(leaking, Scenarios.alone(["mill"])).to_pandas(),
        spread_equity(exposures, Scenarios.alone(["b"])).to_pandas(),
        bracket_equity(exposures, Scenarios.alone(["b"])).to_pandas(),
        losses_by(production, Scenarios.alone(["mill"]), [0, 1, 0, 1]).to_pandas(),
    ]

    assert [table.iloc[0, 0] for table in tables] == ["mill", "a", "b", 0]


@pytest.mark.parametrize("rows", [[1.0], [0.5], np.array([1.0, 2.0]), [True], [None], ["1", 2]])
def test_what_is_no_row_is_refused_and_not_cut_down(rows: list[object]) -> None:
    with pytest.raises(InvalidInput, match="rows must be"):
        Scenarios.alone(rows)
    with pytest.raises(InvalidInput, match="rows must be"):
        Scenarios.together(rows)  # type: ignore[arg-type]  # That is the question.


def test_floats_are_no_ends_of_trades_and_no_observers(production: Production) -> None:
    with pytest.raises(InvalidInput, match="suppliers must be whole numbers, not float64"):
        prepare(Economy(2, [0.9], [1], [4.0]))
    with pytest.raises(InvalidInput, match="observers must be whole numbers"):
        Observers([0, 1], [0.5]).checked(1, 4)
    with pytest.raises(InvalidInput, match="debtors must be whole numbers"):
        Exposures.build([9, 9], creditors=[0], debtors=[1.5], amounts=[3])
    with pytest.raises(InvalidInput, match=r"sectors: entry 1 is no whole number: 1\.5"):
        prepare(Economy(2, [0], [1], [4.0], sectors=[1.0, 1.5]))


def test_ids_fit_the_firms() -> None:
    with pytest.raises(InvalidInput, match="ids has 1 entries for 2 firms"):
        prepare(Economy(2, [0], [1], [4.0], ids=["a"]))
    with pytest.raises(InvalidInput, match="an id stands twice"):
        prepare(Economy(2, [0], [1], [4.0], ids=["a", "a"]))


def test_classes_come_by_pairs_of_sectors() -> None:
    network = toy(TRADES, sector=SECTORS)
    table = {("C31", "C36"): 2, ("B08", "C31"): 1, ("Z99", "C36"): 2}

    economy = Economy.of(network, sector_classes=table)

    # In the order of suppliers and buyers: mill to cars, mill to vans, ore to mill.
    assert np.asarray(economy.classes).tolist() == [2, 2, 1]
    assert Economy.of(network, classes=[0, 1, 2]).classes == [0, 1, 2]
    with pytest.raises(InvalidInput, match="is none of 0, 1, 2"):
        Economy.of(network, sector_classes={("C31", "C36"): 3})
    with pytest.raises(InvalidInput, match="give one of both"):
        Economy.of(network, classes=[1, 1, 1], sector_classes=table)


def test_a_leakage_counts_where_nothing_is_stated() -> None:
    economy = Economy.of(toy(TRADES))
    stated = Economy.of(toy(TRADES, revenue_fen={"mill": 300}))

    assert prepare(economy).denominators == "network"
    assert prepare(replace(economy, leakage=1.0)).denominators == "stated"
    assert prepare(stated).denominators == "stated"
    shares = prepare(replace(stated, leakage=1.0)).structure.out_shares
    # Ore sells 60 of 120, mill 90 and 10 of the 300 that it states.
    assert sorted(shares.tolist()) == pytest.approx([10 / 300, 90 / 300, 0.5])


def test_one_scenario_that_does_not_settle_leaves_the_others(production: Production) -> None:
    everybody = Scenarios.alone(["cars", "ore"])
    short = Rules(tolerance=0.0, rounds_max=1)

    with pytest.raises(
        NotConverged, match=r"scenario \d \(firm '(cars|ore)'\): losses still moved"
    ):
        esri(production, everybody, rules=short)
    kept = esri(production, everybody, rules=replace(short, rounds_max=2, unsettled="keep"))
    settled = esri(production, everybody)

    moving = np.isnan(kept.total)
    assert moving.tolist() != [False, False]
    assert kept.total[~moving].tolist() == settled.total[~moving].tolist()


def test_graphs_of_numpy_numbers_and_of_yuan_are_taken() -> None:
    graph = nx.DiGraph()
    graph.add_edge("mill", "cars", amount_fen=np.int64(90), paid=np.float64(0.1) + 0.2)

    assert from_networkx(graph).sales_fen.tolist() == [0, 90]
    assert from_networkx(graph, amount="paid", unit="yuan").sales_fen.tolist() == [0, 30]
    for wrong in (0.5, float("nan"), float("inf"), True, "90", 2**63):
        graph.edges["mill", "cars"]["amount_fen"] = wrong
        with pytest.raises(InvalidInput, match="edge 'mill' to 'cars': amount_fen"):
            from_networkx(graph)
    graph.edges["mill", "cars"]["paid"] = 0.005
    with pytest.raises(InvalidInput, match="must be whole fen"):
        from_networkx(graph, amount="paid", unit="yuan")


NO_COLUMNS = [
    ({"firms": 2.5}, r"firms 2\.5 is no whole number"),
    ({"firms": "3"}, "firms '3' is no whole number"),
    ({"firms": -1}, "firms -1 is negative"),
    ({"suppliers": [0, 3]}, "suppliers: entry 1 is no row of a firm"),
    ({"buyers": [1, -1]}, "buyers: entry 1 is no row of a firm"),
    ({"suppliers": [[0, 1]]}, "suppliers must be one column, not of 2 dimensions"),
    ({"suppliers": ["a", 1]}, "suppliers must be rows or ids, not both: entry 1 is 1"),
    ({"amounts": ["4", "5"]}, "amounts: entry 0 is no number: '4'"),
    ({"amounts": [4.0, True]}, None),
    ({"amounts": np.array([True, False])}, "amounts: entry 0 is no number: True"),
    ({"amounts": [4 + 1j, 5]}, "amounts: entry 0 is no number"),
    ({"amounts": [None, 5]}, "amounts: entry 0 is negative or missing"),
    ({"amounts": [4, np.inf]}, "amounts: entry 1 is negative or missing"),
    ({"revenue": [9, 9, "a"]}, "revenue: entry"),
    ({"weights": [1, -2, 3]}, "weights: entry 1 is negative or missing"),
    ({"ids": [1, 2, 3]}, "ids: entry 0 is no text: 1"),
    ({"ids": ["a", "b", None]}, "ids: entry 2 is no text: None"),
    ({"ids": "abc"}, "ids is one text, not a list of them"),
]


@pytest.mark.parametrize(("given", "words"), NO_COLUMNS)
def test_what_does_not_fit_is_named_with_its_place(
    given: dict[str, object], words: str | None
) -> None:
    columns = {"firms": 3, "suppliers": [0, 1], "buyers": [1, 2], "amounts": [4.0, 6.0], **given}
    if words is None:
        assert prepare(Economy(**columns)).sales.tolist() == [4.0, 1.0, 0.0]
        return
    with pytest.raises(InvalidInput, match=words):
        prepare(Economy(**columns))


@pytest.mark.parametrize("rows", [[3], [-1], [0, 9], [[0, 1]], 0, "a", [b"a"], [10**30]])
def test_rows_of_no_firm_are_refused_where_firms_have_ids_too(rows: object) -> None:
    for ids in (None, ["a", "b", "c"]):
        production = prepare(Economy(3, [0, 1], [1, 2], [4.0, 6.0], ids=ids))
        with pytest.raises(InvalidInput, match=r"^rows"):
            esri(production, Scenarios.alone(rows))  # type: ignore[arg-type]
        with pytest.raises(InvalidInput, match=r"^rows"):
            close(production, rows)  # type: ignore[arg-type]


def test_ends_of_trades_are_given_by_id() -> None:
    by_id = prepare(Economy(3, ["a", "b"], ["b", "c"], [4.0, 6.0], ids=np.array(["a", "b", "c"])))

    assert by_id.sales.tolist() == prepare(Economy(3, [0, 1], [1, 2], [4.0, 6.0])).sales.tolist()
    assert Scenarios.alone(np.array([2, 0], object)).rows.tolist() == [2, 0]
    with pytest.raises(NotFound, match="buyers: no firm 'd' in the network"):
        prepare(Economy(2, ["a"], ["d"], [4.0], ids=["a", "b"]))


@pytest.mark.parametrize("threads", [1.5, "2", None])
def test_threads_are_a_whole_number_or_an_executor(production: Production, threads: object) -> None:
    with pytest.raises(InvalidInput, match="is neither a whole number nor an executor"):
        esri(production, Scenarios.alone([0]), threads=threads)  # type: ignore[arg-type]


def test_shares_that_are_no_numbers_are_refused(production: Production) -> None:
    for down in ("a", True, None, np.nan):
        with pytest.raises(InvalidInput, match="down: entry 0 is"):
            esri(production, Scenarios.together([0], down=down))  # type: ignore[arg-type]


def test_a_number_without_a_sign_never_becomes_a_negative_one() -> None:
    with pytest.raises(InvalidInput, match="sectors: entry 1 is past 64 bits"):
        whole(np.array([3, 2**64 - 1], np.uint64), "sectors")
    assert whole(np.array([3, 2**63 - 1], np.uint64), "sectors").tolist() == [3, 2**63 - 1]

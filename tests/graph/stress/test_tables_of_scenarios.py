"""Scenarios, attribution and replay by id: named firms and groups, and tables of every result."""

from pathlib import Path

import numpy as np
import pytest

from graph.attribution import Game, Part, attribute, attribute_trades, carried_by, shapley
from graph.contagion import Economy, Production, Scenarios, prepare
from graph.errors import InvalidInput, NotFound
from graph.replay import Recording, compare, read, record, replay, write
from graph.scenarios import (
    Credit,
    Failures,
    Groups,
    Hit,
    MonteCarlo,
    Scenario,
    Simulation,
    Stakes,
    count,
    measure,
    resolve,
    run,
    simulate,
)
from graph.testing.networks import toy

IDS = ["cars", "mill", "ore", "vans"]
SALES_FEN = [500, 100, 60, 0]
TRADES = {("ore", "mill"): 60, ("mill", "cars"): 90, ("mill", "vans"): 10}
DRAWS = 100


@pytest.fixture
def production() -> Production:
    return prepare(Economy.of(toy(TRADES)))


@pytest.fixture
def by_row() -> Production:
    return prepare(Economy(4, [2, 1, 1], [1, 0, 3], [60.0, 90.0, 10.0]))


@pytest.fixture
def stakes() -> Stakes:
    groups = Groups.build(4, {"makers": ["vans", "cars"]}, ids=IDS)
    return Stakes.build(SALES_FEN, groups=groups, credit=Credit([0, 0, 7, 9], 0.5))


@pytest.fixture
def simulation(production: Production, stakes: Stakes) -> Simulation:
    model = MonteCarlo(Failures.build([0.0, 0.3, 1.0, 0.0]), draws=DRAWS, seed=1)
    return simulate(production, stakes, model)


def test_groups_are_named_by_id_and_told_by_id() -> None:
    found = Groups.build(4, {"makers": ["vans", "cars"]}, ids=IDS)
    rows = Groups.build(4, {"makers": [3, 0]})

    assert (found.members != rows.members).nnz == 0
    assert found.to_pandas()["group"].tolist() == ["all"] * 4 + ["makers"] * 2
    assert found.to_pandas()["firm"].tolist() == [*IDS, "cars", "vans"]
    assert rows.to_pandas()["firm"].tolist() == [0, 1, 2, 3, 0, 3]
    assert found.chosen(np.array([3, 1])).to_pandas()["firm"].tolist() == ["vans", "mill", "vans"]


def test_a_member_that_is_no_firm_is_named_with_its_group() -> None:
    with pytest.raises(NotFound, match="group 'makers': no firm 'mint'"):
        Groups.build(4, {"makers": ["mint"]}, ids=IDS)
    with pytest.raises(InvalidInput, match="group 'makers' are ids, but the network knows"):
        Groups.build(4, {"makers": ["cars"]})
    with pytest.raises(InvalidInput, match="group 'makers' has a firm twice"):
        Groups.build(4, {"makers": ["cars", "cars"]}, ids=IDS)
    with pytest.raises(InvalidInput, match="ids has 4 entries for 3 firms"):
        Stakes.build([1, 2, 3], ids=IDS)


def test_stakes_are_told_by_id(stakes: Stakes) -> None:
    found = stakes.to_pandas()

    assert found.columns.tolist() == ["firm", "sales_fen", "ead_fen", "lgd"]
    assert found["firm"].tolist() == IDS
    assert found["sales_fen"].tolist() == SALES_FEN
    assert Stakes.build([70, 0, 5]).to_pandas()["firm"].tolist() == [0, 2]
    assert Stakes.build([70, 0, 5], ids=["a", "b", "c"]).to_pandas()["firm"].tolist() == ["a", "c"]


def test_what_each_firm_loses_is_asked_and_told_by_id(
    production: Production, by_row: Production, stakes: Stakes
) -> None:
    (by_id,) = count(production, Scenarios.alone(["ore", "vans"]), stakes)
    (rows,) = count(by_row, Scenarios.alone([2, 3]), Stakes.build(SALES_FEN))
    table, plain = by_id.to_pandas(), rows.to_pandas()

    assert by_id.production_fen.tolist()[0] == [500, 100, 60, 0]
    assert table.columns.tolist() == ["scenario", "firm", "first", "production_fen", "credit_fen"]
    assert table["scenario"].tolist()[:4] == ["ore", "ore", "ore", "vans"]
    assert table["firm"].tolist()[:3] == ["cars", "mill", "ore"]  # Vans lose no fen.
    lost = table[table["scenario"] == "vans"].set_index("firm")
    assert lost["first"].to_dict()["vans"]
    assert lost["credit_fen"].to_dict()["vans"] == round(9 * 0.5)
    assert table["production_fen"].sum() == by_id.production_fen.sum()
    assert plain["scenario"].tolist()[:3] == [2, 2, 2]
    assert plain["firm"].tolist()[:3] == [0, 1, 2]
    assert "credit_fen" not in plain
    with pytest.raises(NotFound, match="rows: no firm 'mint'"):
        next(count(production, Scenarios.alone(["mint"]), stakes))


def test_scenarios_of_many_blocks_keep_their_names(production: Production) -> None:
    stakes = Stakes.build(SALES_FEN)
    asked = IDS * 700

    parts = [each.to_pandas() for each in count(production, Scenarios.alone(asked), stakes)]

    told = [name for each in parts for name in each["scenario"].tolist()]
    assert len(parts) >= 1
    assert set(told) == {"cars", "mill", "ore", "vans"}
    first = {
        (scenario, firm)
        for each in parts
        for scenario, firm in each[each["first"]][["scenario", "firm"]].values.tolist()
    }
    assert first == {("cars", "cars"), ("mill", "mill"), ("ore", "ore")}  # Vans have no stake.


def test_outcomes_are_a_row_a_scenario_and_group(production: Production, stakes: Stakes) -> None:
    named = [Scenario(firm, (Hit(firms=(firm,), down=1.0, up=1.0),)) for firm in ("ore", "vans")]

    found = run(production, resolve(toy(TRADES), named), stakes)
    table = found.to_pandas()

    assert table.columns.tolist() == ["scenario", "group", "production_fen", "credit_fen"]
    assert table["scenario"].tolist() == ["ore", "ore", "vans", "vans"]
    assert table["group"].tolist() == ["all", "makers"] * 2
    assert table["production_fen"].tolist() == found.production_fen.ravel().tolist()


def test_simulations_are_a_row_a_draw_and_group(simulation: Simulation) -> None:
    table = simulation.to_pandas()
    assert simulation.credit_fen is not None

    assert table.columns.tolist() == [
        *("draw", "failed", "first_fen", "group", "production_fen", "credit_fen")
    ]
    assert table["draw"].tolist() == [draw for draw in range(DRAWS) for _ in range(2)]
    makers = table[table["group"] == "makers"]
    assert makers["credit_fen"].tolist() == simulation.credit_fen[:, 1].tolist()
    assert makers["failed"].tolist() == simulation.failed.tolist()


def test_measures_are_a_row_a_group_in_whole_fen(simulation: Simulation) -> None:
    found = measure(simulation, level=0.9)
    table = found.to_pandas()

    assert table["group"].tolist() == ["all", "makers"]
    for name in ("el_fen", "var_fen", "var_low_fen", "var_high_fen", "es_fen"):
        assert table[name].dtype == np.int64
        assert table[name].tolist() == getattr(found, name).tolist()
    assert table["es_error_fen"].tolist() == found.es_error_fen.tolist()


def test_attributions_name_who_bears_and_which_trade_carried(
    production: Production, by_row: Production, stakes: Stakes, simulation: Simulation
) -> None:
    found = attribute(production, stakes, simulation, Part("es", level=0.9))
    trades = attribute_trades(production, stakes, found)
    table = found.to_pandas()

    assert table["firm"].tolist() == IDS
    assert table["firm_fen"].sum() == found.total_fen
    assert trades.to_pandas()[["supplier", "buyer"]].values.tolist() == [
        *(["mill", "cars"], ["mill", "vans"], ["ore", "mill"])
    ]
    parts = trades.to_pandas()[["inputs_fen", "orders_fen"]].to_numpy().sum()
    assert parts + trades.first_to_pandas()["first_fen"].sum() == found.total_fen
    assert trades.first_to_pandas()["firm"].tolist() == IDS
    rows = attribute(by_row, Stakes.build(SALES_FEN, groups=stakes.groups), simulation).to_pandas()
    assert rows["firm"].tolist() == IDS  # The stakes know what the economy does not.


def test_carried_losses_and_players_are_asked_by_id(
    production: Production, by_row: Production, stakes: Stakes
) -> None:
    plain = Stakes.build(SALES_FEN)
    named, rows = Scenarios.together(["ore", "vans"]), Scenarios.together([2, 3])

    carried = carried_by(production, named, stakes)
    by_id, by_place = shapley(production, named, stakes), shapley(by_row, rows, plain)

    assert carried.first_fen.tolist() == carried_by(by_row, rows, plain).first_fen.tolist()
    assert carried_by(by_row, rows, plain).to_pandas()["supplier"].tolist() == [1, 1, 2]
    assert by_id.players == by_place.players == (2, 3)
    assert by_id.to_pandas()["player"].tolist() == ["ore", "vans"]
    assert by_place.to_pandas()["player"].tolist() == [2, 3]
    assert by_id.to_pandas()["part_fen"].tolist() == by_place.part_fen.tolist()
    with pytest.raises(NotFound, match="rows: no firm 'mint'"):
        shapley(production, Scenarios.together(["mint"]), stakes)
    with pytest.raises(NotFound, match="rows: no firm 'mint'"):
        carried_by(production, Scenarios.together(["mint"]), stakes)


def test_players_of_any_labels_are_told_as_they_are(production: Production) -> None:
    labels = [("a", 1), None, 7]
    scenario = Scenarios.together(["ore", "vans", "mill"])

    found = shapley(production, scenario, Stakes.build(SALES_FEN), game=Game(labels=labels))

    assert found.to_pandas()["player"].tolist() == labels


def changes_one_by_one(kept: Recording) -> list[list[object]]:
    found = [
        each
        for row in range(kept.firms)
        for channel in ("down", "up")
        for each in kept.changes(row, channel)
    ]
    return [
        [
            *(each.round, each.row, each.channel, each.reason.name.lower()),
            *(each.before, each.after, each.through, each.share, each.mover),
        ]
        for each in sorted(found, key=lambda each: (each.round, each.channel, each.row))
    ]


def test_recordings_are_a_row_a_change(production: Production, by_row: Production) -> None:
    shock = Scenarios.together([1, 2], down=0.5, up=0.25)
    named = Scenarios.together(["mill", "ore"], down=0.5, up=0.25)

    table, plain = (
        record(production, named).to_pandas(),
        record(by_row, shock).to_pandas(),
    )

    assert plain.values.tolist() == changes_one_by_one(record(by_row, shock))
    assert table["firm"].tolist() == [IDS[row] for row in plain["firm"]]
    assert table["through"].fillna("").tolist() == [
        "" if row is None else IDS[row] for row in plain["through"]
    ]
    assert table.columns.tolist() == [
        *("round", "firm", "channel", "reason", "before", "after", "through", "share", "mover")
    ]


def test_a_recording_is_asked_by_id(production: Production, by_row: Production) -> None:
    kept, plain = record(production, Scenarios.together(["ore"])), record(by_row, _ore())

    assert kept.why("cars") == plain.why(0) == kept.why(0)
    assert kept.changes("mill", "down") == plain.changes(1, "down")
    assert kept.state().to_pandas()["firm"].tolist() == IDS
    with pytest.raises(NotFound, match="row: no firm 'mint'"):
        kept.why("mint")
    with pytest.raises(InvalidInput, match="knows its firms by row only"):
        plain.why("cars")
    with pytest.raises(InvalidInput, match="row must be whole numbers"):
        plain.why(1.0)  # type: ignore[arg-type]  # That is the question.


def test_a_recording_from_a_file_is_told_what_firms_are_called(
    production: Production, tmp_path: Path
) -> None:
    kept, file = record(production, _ore()), tmp_path / "ore.parquet"
    write(kept, file)

    assert read(file).to_pandas()["firm"].tolist()[0] == 2
    assert read(file, ids=production.ids).to_pandas().equals(kept.to_pandas())
    assert replay(read(file), production).to_pandas().equals(kept.to_pandas())
    with pytest.raises(InvalidInput, match="ids has 2 entries for 4 firms"):
        read(file, ids=["a", "b"])


def test_comparisons_name_firms_where_both_call_them_the_same(
    production: Production, by_row: Production
) -> None:
    other = prepare(Economy(4, [2], [1], [60.0], ids=["a", "b", "c", "d"]))
    a, b = record(production, _ore()), record(by_row, Scenarios.together([3]))

    found = compare(a, b, weights=production.weights, groups=[0, 1, 1, 0])
    table = found.to_pandas()

    assert table["firm"].tolist() == [IDS[row] for row in found.rows]
    assert table.columns.tolist()[1:] == found.table().column_names[1:]
    assert table["first_a"].tolist() == found.table()["first_a"].to_pylist()
    assert found.groups is not None
    assert found.groups.to_pandas()["difference"].tolist() == found.groups.difference.tolist()
    differ = compare(a, record(other, _ore()), weights=production.weights)
    assert differ.to_pandas()["firm"].tolist() == differ.rows.tolist()


def _ore() -> Scenarios:
    return Scenarios.together([2])

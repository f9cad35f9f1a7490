"""Recordings: the bits of the rounds, reasons that hold, chains to a shock, files, comparisons."""

import json
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from graph.contagion import Economy, Production, Rules, Scenarios, prepare, rounds
from graph.errors import InvalidInput, NotConverged, NotFound
from graph.replay import (
    Change,
    Reason,
    Recording,
    compare,
    fingerprint,
    read,
    record,
    replay,
    write,
)
from graph.spread.production import stored
from graph.stress.replay.files import KEY
from tests.graph.effort import examples

FloatArray = npt.NDArray[np.float64]
CHAIN = Economy(3, suppliers=[0, 1], buyers=[1, 2], amounts=[4.0, 6.0])
FIRST = Scenarios.together([0])


def drawn(seed: int, *, unit: bool = False) -> tuple[Economy, Scenarios, Rules]:
    """Return a small economy of distinct trades, a partial shock to a few firms, and rules."""
    random = np.random.default_rng(seed)
    firms = int(random.integers(2, 9))
    pairs = np.unique(random.integers(0, firms * firms, int(random.integers(0, 4 * firms))))
    sectors = random.integers(0, int(random.integers(1, 4)), firms)
    suppliers, buyers = pairs // firms, pairs % firms
    amounts = random.lognormal(0, 2, len(pairs))
    stated = bool(random.integers(0, 2))
    economy = Economy(
        firms,
        suppliers,
        buyers,
        amounts,
        classes=random.integers(0, 3, (3, 3))[sectors[suppliers], sectors[buyers]],
        sectors=sectors,
        markets=random.integers(-1, 2, firms) if random.integers(0, 2) else None,
        revenue=np.bincount(suppliers, amounts, firms) * 1.3 + 1 if stated else None,
        cost=np.bincount(buyers, amounts, firms) * 1.2 + 1 if stated else None,
    )
    hit = random.choice(firms, int(random.integers(1, min(3, firms))), replace=False)
    down, up = (random.choice([0.0, 0.4, 0.9, 1.0], len(hit)) for _ in range(2))
    scenario = Scenarios(np.array([0, len(hit)]), hit, down, up)
    tolerance = float(random.choice([0.01, 1e-4]))
    return economy, scenario, Rules(tolerance, 60, "unit" if unit else "one")


class Literal:
    """The economy as whole matrices: shares by pair, and what is passed on."""

    def __init__(self, economy: Economy) -> None:
        n = economy.firms
        self.sales, self.kind = np.zeros((n, n)), np.zeros((n, n), int)
        pairs = (np.asarray(economy.suppliers), np.asarray(economy.buyers))
        self.sales[pairs], self.kind[pairs] = economy.amounts, economy.classes
        self.sector = np.array(economy.sectors)
        self.market = self.sector if economy.markets is None else np.array(economy.markets)
        self.s, bought = self.sales.sum(1), self.sales.sum(0)
        revenue = self.s if economy.revenue is None else np.array(economy.revenue)
        cost = bought if economy.cost is None else np.array(economy.cost)
        same = self.sector[:, None] == self.sector[None, :]
        below = np.where(self.kind == 2, same @ self.sales, bought)
        scale = np.divide(bought, cost, out=np.zeros(n), where=cost > 0)
        self.down = np.divide(self.sales, below, out=np.zeros((n, n)), where=self.sales > 0)
        self.down *= scale * (self.kind > 0)
        self.up = np.divide(
            self.sales, revenue[:, None], out=np.zeros((n, n)), where=self.sales > 0
        )

    def sigma(self, left: FloatArray) -> FloatArray:
        there = (self.market[:, None] == self.market[None, :]) @ (self.s * left)
        replaced = (self.market >= 0) & (there > self.s)
        return np.divide(self.s, there, out=np.ones(len(left)), where=replaced)

    def missing(self, passed: FloatArray, j: int) -> dict[tuple[int, int], float]:
        """Return what j misses by slot: (2, sector) or (1, -1)."""
        found: dict[tuple[int, int], float] = {(1, -1): 0.0}
        for i in range(len(passed)):
            if self.kind[i, j]:
                slot = self.slot(i, j)
                found[slot] = found.get(slot, 0.0) + self.down[i, j] * passed[i]
        return found

    def slot(self, i: int, j: int) -> tuple[int, int]:
        return (2, int(self.sector[i])) if self.kind[i, j] == 2 else (1, -1)


def states(production: Production, scenario: Scenarios, rules: Rules) -> list[FloatArray]:
    """Return losses after each round, [down, up], with nothing lost before the shock."""
    every = [np.array([each.down, each.up]) for each in rounds(production, scenario, rules=rules)]
    return [np.zeros_like(every[0]), *every]


@settings(max_examples=examples(60))
@given(seed=st.integers(0, 10**6), unit=st.booleans())
def test_every_round_comes_back_with_the_bits_of_the_rounds(seed: int, *, unit: bool) -> None:
    economy, scenario, rules = drawn(seed, unit=unit)
    production = prepare(economy)

    kept = recorded(production, scenario, rules)

    wanted = list(rounds(production, scenario, rules=rules))
    assert len(kept) == len(wanted) - 1
    for number, each in enumerate(wanted):
        found = kept.state(number)
        assert found.down.tobytes() == each.down.tobytes()
        assert found.up.tobytes() == each.up.tobytes()
        assert (found.esri, found.esri_down, found.esri_up) == (
            each.esri,
            each.esri_down,
            each.esri_up,
        )
        assert (found.rounds, found.rules) == (each.rounds, each.rules)


def recorded(production: Production, scenario: Scenarios, rules: Rules) -> Recording:
    """Return a recording; drawn networks that do not settle are passed over."""
    try:
        return record(production, scenario, rules=rules)
    except NotConverged:
        assume(condition=False)
        raise


@settings(max_examples=examples(120))
@given(seed=st.integers(0, 10**6))
def test_the_named_reason_binds_and_the_named_trade_grew_most(seed: int) -> None:
    economy, scenario, rules = drawn(seed)
    production, literal = prepare(economy), Literal(economy)

    kept = recorded(production, scenario, rules)

    lost = states(production, scenario, rules)
    for row in range(economy.firms):
        down, up = kept.changes(row, "down"), kept.changes(row, "up")
        assert all(a.after == b.before for every in (down, up) for a, b in pairwise(every))
        for change in down:
            holds_down(literal, lost, change)
        for change in up:
            holds_up(literal, lost, change)


def holds_down(literal: Literal, lost: list[FloatArray], change: Change) -> None:
    # `lost` begins one round before the shock.
    older, now, after = (1 - lost[max(change.round + k, 0)][0] for k in (-1, 0, 1))
    if change.round == 0:
        assert (change.reason, change.through) == (Reason.SHOCK, None)
        return
    assert change.before == 1 - now[change.row]
    assert change.after == pytest.approx(1 - after[change.row], abs=1e-15)
    passed = literal.sigma(now) * (1 - now)
    passed_older = literal.sigma(older) * (1 - older)
    missing = literal.missing(passed, change.row)
    i, j = change.through, change.row
    assert i is not None
    slot = literal.slot(i, j)
    assert missing[slot] == pytest.approx(max(missing.values()), rel=1e-12)
    assert min(1.0, missing[slot]) == pytest.approx(change.after, abs=1e-12)
    essential = change.reason in (Reason.ESSENTIAL, Reason.ESSENTIAL_MARKET)
    assert (slot[0] == 2) is essential
    grown = {
        k: literal.down[k, j] * (passed[k] - passed_older[k])
        for k in range(len(now))
        if literal.kind[k, j] and literal.slot(k, j) == slot
    }
    total = sum(grown.values())
    assert grown[i] == pytest.approx(max(grown.values()), rel=1e-9, abs=1e-14)
    if total > 1e-9:
        assert change.share == pytest.approx(grown[i] / total, abs=6e-5)
    of_market = literal.sigma(now)[i] * (1 - older[i]) - passed_older[i]
    own = passed[i] - passed_older[i] - of_market
    supply = np.where(literal.market == literal.market[i], literal.s * (older - now), 0.0)
    if change.mover is not None:
        assert of_market >= own - 1e-12
        assert change.mover != i
        assert supply[change.mover] == pytest.approx(supply.max(), rel=1e-9)
    elif of_market > own + 1e-12:
        assert supply[i] == pytest.approx(supply.max(), rel=1e-9)


def holds_up(literal: Literal, lost: list[FloatArray], change: Change) -> None:
    if change.round == 0:
        assert (change.reason, change.through) == (Reason.SHOCK, None)
        return
    before, now = lost[change.round - 1][1], lost[change.round][1]
    grown = literal.up[change.row] * (now - before)
    assert change.through is not None
    assert change.reason == Reason.ORDERS
    assert grown[change.through] == pytest.approx(grown.max(), rel=1e-9, abs=1e-15)
    if grown.sum() > 1e-9:
        assert change.share == pytest.approx(grown[change.through] / grown.sum(), abs=6e-5)


@settings(max_examples=examples(80))
@given(seed=st.integers(0, 10**6), unit=st.booleans())
def test_every_chain_leads_round_by_round_to_a_shocked_firm(seed: int, *, unit: bool) -> None:
    economy, scenario, rules = drawn(seed, unit=unit)

    kept = recorded(prepare(economy), scenario, rules)

    shocked = {"down": scenario.rows[scenario.down > 0], "up": scenario.rows[scenario.up > 0]}
    for channel, track in (("down", kept.down), ("up", kept.up)):
        for row in sorted(set(track.rows.tolist())):
            every = kept.changes(row, channel)
            for own in (every[0], every[len(every) // 2], every[-1]):
                chain = kept.why(row, channel=channel, number=own.round)
                assert [each.round for each in chain] == [own.round - k for k in range(len(chain))]
                assert [each.row for each in chain[1:]] == [each.cause for each in chain[:-1]]
                assert chain[-1].reason in (Reason.SHOCK, Reason.EASED)
                if chain[-1].reason == Reason.SHOCK:
                    assert chain[-1].round == 0
                    assert chain[-1].row in shocked[channel]
                else:
                    assert unit


def test_a_chain_of_three_is_explained_link_by_link() -> None:
    kept = record(prepare(CHAIN), FIRST)

    assert kept.why(2) == [
        Change(2, 2, "down", Reason.NOT_ESSENTIAL, 0.0, 1.0, 1, 1.0, None),
        Change(1, 1, "down", Reason.NOT_ESSENTIAL, 0.0, 1.0, 0, 1.0, None),
        Change(0, 0, "down", Reason.SHOCK, 0.0, 1.0, None, 0.0, None),
    ]
    assert kept.why(1, channel="up") == []


def test_who_shrank_the_market_is_named_where_the_supplier_lost_nothing_more() -> None:
    # 0 fails by half and closes 3 in a round; 3 sold beside 0, so 0 is then harder to replace.
    economy = Economy(
        6,
        suppliers=[0, 3, 4, 5, 0],
        buyers=[1, 2, 2, 3, 5],
        amounts=[4.0, 6.0, 2.0, 5.0, 1.0],
        classes=[2, 2, 2, 2, 2],
        sectors=[0, 1, 2, 0, 0, 3],
    )
    scenario = Scenarios(np.array([0, 2]), np.array([0, 5]), np.array([0.5, 1.0]), np.zeros(2))

    kept = record(prepare(economy), scenario)

    # Firm 3 stops in round 1; by round 2 firm 1 loses more of firm 0, which lost nothing since.
    last = kept.changes(1, "down")[-1]
    assert (last.round, last.reason) == (2, Reason.ESSENTIAL_MARKET)
    assert (last.through, last.mover, last.cause) == (0, 3, 3)
    assert [each.row for each in kept.why(1, number=2)] == [1, 3, 5]


def test_the_essential_input_that_is_shorter_is_the_reason() -> None:
    economy = Economy(
        4,
        suppliers=[0, 1, 2],
        buyers=[3, 3, 3],
        amounts=[5.0, 5.0, 90.0],
        classes=[2, 2, 1],
        sectors=[0, 1, 2, 3],
    )
    shares = np.array([0.3, 0.6, 0.2])
    scenario = Scenarios(np.array([0, 3]), np.arange(3), shares, np.zeros(3))

    (hit,) = record(prepare(economy), scenario).changes(3, "down")

    assert (hit.reason, hit.through, hit.share) == (Reason.ESSENTIAL, 1, 1.0)
    assert hit.after == pytest.approx(0.6)


def test_a_dead_market_that_counts_as_one_may_ease() -> None:
    eased = [
        kept.down.reasons.tolist().count(Reason.EASED)
        for kept in (
            record(prepare(economy), scenario, rules=rules)
            for economy, scenario, rules in (dying(sales) for sales in (0.1, 4.0))
        )
    ]

    assert eased[0] > 0
    assert eased[1] == 0


def dying(sales: float) -> tuple[Economy, Scenarios, Rules]:
    """Return a market of two that dies in round 1, and a buyer of the firm that fell first."""
    economy = Economy(
        4,
        suppliers=[0, 1, 2],
        buyers=[3, 3, 1],
        amounts=[sales, sales, 1.0],
        classes=[2, 2, 2],
        sectors=[0, 0, 1, 2],
    )
    scenario = Scenarios(np.array([0, 2]), np.array([0, 2]), np.ones(2), np.zeros(2))
    return economy, scenario, Rules(dead_sector="unit")


@settings(max_examples=examples(30))
@given(seed=st.integers(0, 10**6))
def test_a_recording_replays_and_its_scenario_comes_back(seed: int) -> None:
    economy, scenario, rules = drawn(seed)
    production = prepare(economy)
    kept = recorded(production, scenario, rules)

    again = replay(kept, production)

    assert fields(again) == fields(kept)
    counts = np.maximum(scenario.down, scenario.up) > 0
    order = np.argsort(scenario.rows[counts])
    assert kept.scenario.rows.tolist() == scenario.rows[counts][order].tolist()
    np.testing.assert_allclose(kept.scenario.down, scenario.down[counts][order], atol=1e-16)


def fields(recording: Recording) -> list[object]:
    """Return everything in a recording as comparable values, floats by their bits."""
    tracks = [
        getattr(track, name).tobytes()
        for track in (recording.down, recording.up)
        for name in track.__slots__
    ]
    rest = [
        getattr(recording, name)
        for name in recording.__slots__
        if name not in ("down", "up", "indices")
    ]
    return [*tracks, recording.indices.tobytes(), *rest]


def test_a_recording_is_not_replayed_on_another_network() -> None:
    other = Economy(3, suppliers=[0, 1], buyers=[1, 2], amounts=[4.0, 7.0])
    kept = record(prepare(CHAIN), FIRST)

    with pytest.raises(InvalidInput, match=r"is of network \w{32} \(3 firms\), this is \w{32}"):
        replay(kept, prepare(other))


def test_the_first_round_and_firm_that_differ_are_named() -> None:
    production = prepare(CHAIN)
    kept = record(production, FIRST)
    left = kept.down.left.copy()
    left[2] = 1e-17
    through = kept.down.through.copy()
    through[1] = 2
    cut = replace(kept.down, rows=kept.down.rows[:2], offsets=np.array([0, 1, 2, 2, 2]))

    with pytest.raises(InvalidInput, match=r"round 2, down: firm 2, 1e-17 left .* 0.0 left"):
        replay(replace(kept, down=replace(kept.down, left=left)), production)
    with pytest.raises(InvalidInput, match=r"round 1, down: firm 1, .*through 2.*through 0"):
        replay(replace(kept, down=replace(kept.down, through=through)), production)
    with pytest.raises(InvalidInput, match=r"round 2, down: firm 2, no change recorded"):
        replay(replace(kept, down=cut), production)
    with pytest.raises(InvalidInput, match="2 rounds recorded, 3 computed"):
        replay(replace(kept, indices=kept.indices[:3]), production)
    with pytest.raises(InvalidInput, match="round 0: indices"):
        replay(replace(kept, indices=kept.indices * 0.5), production)


def test_equal_networks_have_one_fingerprint_and_others_another() -> None:
    same = Economy(3, suppliers=[1, 0], buyers=[2, 1], amounts=[6.0, 4.0])
    weighed = replace(CHAIN, weights=[1.0, 1.0, 2.0])

    assert fingerprint(prepare(CHAIN)) == fingerprint(prepare(same))
    doubled = replace(CHAIN, amounts=[8.0, 12.0])
    assert len({fingerprint(prepare(each)) for each in (CHAIN, weighed, doubled)}) == 3


@settings(max_examples=examples(25))
@given(seed=st.integers(0, 10**6))
def test_a_file_gives_back_every_bit(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    economy, scenario, rules = drawn(seed)
    kept = recorded(prepare(economy), scenario, rules)
    path = tmp_path_factory.mktemp("kept") / "scenario.parquet"

    write(kept, path)

    assert fields(read(path)) == fields(kept)
    assert [each.name for each in path.parent.iterdir()] == ["scenario.parquet"]


def test_a_recording_replays_on_its_network_kept_in_a_folder(tmp_path: Path) -> None:
    economy, scenario, rules = drawn(7)
    production = prepare(economy)
    kept = record(production, scenario, rules=rules)

    stored.save(production, tmp_path / "network")

    assert fields(replay(kept, stored.load(tmp_path / "network"))) == fields(kept)


def test_a_broken_file_is_refused_by_its_name(tmp_path: Path) -> None:
    path, broken = tmp_path / "good.parquet", tmp_path / "broken.parquet"
    write(record(prepare(CHAIN), FIRST), path)
    whole = path.read_bytes()
    table = parquet.read_table(path)
    for first in range(0, len(whole), 7):
        changed = bytearray(whole)
        changed[first] ^= 0x55
        broken.write_bytes(changed)
        try:
            found = fields(read(broken))
        except InvalidInput as error:
            assert "broken.parquet" in str(error)  # noqa: PT017  # Either refused so, or unharmed.
        else:
            assert found == fields(read(path))
    broken.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InvalidInput, match=r"broken\.parquet cannot be read"):
        read(broken)
    parquet.write_table(table.drop_columns("mover"), broken)
    with pytest.raises(InvalidInput, match=r"broken\.parquet is no recording"):
        read(broken)
    with pytest.raises(NotFound, match=r"no recording at .*missing"):
        read(tmp_path / "missing")


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (b"{", "its header is no JSON"),
        (b"[]", "its header is no JSON object"),
        (b'{"form": 7}', "is not of form 1"),
        (b'{"form": 1}', "its digest is not that of what it holds"),
    ],
)
def test_a_header_that_says_something_else_is_refused(
    tmp_path: Path, header: bytes, said: str
) -> None:
    path = tmp_path / "kept.parquet"
    write(record(prepare(CHAIN), FIRST), path)

    parquet.write_table(parquet.read_table(path).replace_schema_metadata({KEY: header}), path)

    with pytest.raises(InvalidInput, match=f"kept.parquet.*{said}"):
        read(path)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"sizes": [[1, 1, 1, 0], [1, 0, 0]]}, "rounds do not fit its indices"),
        ({"sizes": [[1, 1, 2, 0], [1, 0, 0, 0]]}, "rounds do not fit its rows"),
        ({"firms": 2}, "rows are out of range"),
        ({"rules": {"tolerance": 2.0}}, "tolerance 2.0"),
        ({"surplus": 1}, "surplus"),
    ],
)
def test_a_well_signed_file_that_makes_no_sense_is_refused(
    tmp_path: Path, change: dict[str, object], said: str
) -> None:
    from graph.stress.replay import files  # noqa: PLC0415  # Signs by the module's own digest.

    path = tmp_path / "kept.parquet"
    write(record(prepare(CHAIN), FIRST), path)
    table = parquet.read_table(path)
    header = json.loads(table.schema.metadata[KEY])
    del header["digest"]
    header |= change
    header["digest"] = files._digest(header, table)
    parquet.write_table(table.replace_schema_metadata({KEY: json.dumps(header)}), path)

    with pytest.raises(InvalidInput, match=f"no sound recording: .*{said}"):
        read(path)


@settings(max_examples=examples(40))
@given(seed=st.integers(0, 10**6))
def test_a_comparison_is_what_both_recordings_say_firm_by_firm(seed: int) -> None:
    economy, scenario, rules = drawn(seed)
    production = prepare(economy)
    other = Scenarios.together([economy.firms - 1], down=0.7, up=0.2)
    a, b = (recorded(production, each, rules) for each in (scenario, other))
    sectors = np.asarray(economy.sectors)

    found = compare(a, b, weights=production.weights, groups=sectors)

    reached = (a.state().loss > 0) | (b.state().loss > 0)
    assert found.rows.tolist() == np.flatnonzero(reached).tolist()
    assert found.same_network
    for place, row in enumerate(found.rows.tolist()):
        for name, each in (("a", a), ("b", b)):
            chain = each.why(row)
            changes = each.changes(row, "down") + each.changes(row, "up")
            first = min((change.round for change in changes), default=-1)
            assert getattr(found, f"loss_{name}")[place] == each.state().loss[row]
            assert getattr(found, f"first_{name}")[place] == first
            assert getattr(found, f"reason_{name}")[place] == (chain[0].reason if chain else -1)
    assert found.total_a == pytest.approx(a.state().esri, abs=1e-15)
    assert found.total_b == pytest.approx(b.state().esri, abs=1e-15)
    groups = found.groups
    assert groups is not None
    assert groups.numbers.tolist() == sorted(set(sectors.tolist()))
    assert groups.loss_b.sum() == pytest.approx(found.total_b, abs=1e-14)
    assert groups.difference.sum() == pytest.approx(found.total_b - found.total_a, abs=1e-14)


def test_a_what_if_with_another_trade_is_compared_and_said_to_be_one() -> None:
    other = Economy(3, suppliers=[0, 1, 2], buyers=[1, 2, 1], amounts=[4.0, 6.0, 4.0])
    production = prepare(CHAIN)
    a, b = record(production, FIRST), record(prepare(other), FIRST)

    found = compare(a, b, weights=production.weights)

    assert not found.same_network
    assert found.groups is None
    assert found.table().slice(1, 1).to_pylist() == [
        {
            "row": 1,
            "loss_a": 1.0,
            "loss_b": float(b.state().loss[1]),
            "difference": float(b.state().loss[1]) - 1.0,
            "first_a": 1,
            "first_b": 1,
            "reason_a": "not_essential",
            "reason_b": "not_essential",
        }
    ]


def test_a_firm_that_only_one_scenario_reaches_has_nothing_in_the_other() -> None:
    production = prepare(CHAIN)
    nobody = Scenarios.together([])
    none = record(production, nobody)

    rows = compare(none, record(production, FIRST), weights=production.weights).table()

    assert len(none) == 1
    assert none.scenario.rows.tolist() == []
    assert (
        rows.select(["first_a", "reason_a"]).to_pylist()
        == [{"first_a": None, "reason_a": None}] * 3
    )
    assert rows["loss_b"] == pa.chunked_array([[1.0, 1.0, 1.0]])


def test_nobody_is_recorded_too() -> None:
    kept = record(prepare(Economy(0, [], [], [])), Scenarios.together([]))

    assert (len(kept), kept.state().down.tolist()) == (1, [])


def test_wrong_questions_are_refused() -> None:
    production = prepare(CHAIN)
    kept = record(production, FIRST)
    small = record(prepare(Economy(2, [0], [1], [4.0])), FIRST)

    with pytest.raises(InvalidInput, match="2 scenarios where one is wanted"):
        record(production, Scenarios.alone([0, 1]))
    with pytest.raises(NotConverged, match="after 1 rounds"):
        record(production, FIRST, rules=Rules(rounds_max=1))
    with pytest.raises(InvalidInput, match="round 9 is not one of 0 to 3"):
        kept.state(9)
    with pytest.raises(InvalidInput, match="row 3 is no row of a firm"):
        kept.why(3)
    with pytest.raises(InvalidInput, match="did not change down in round 3"):
        kept.why(2, number=3)
    with pytest.raises(InvalidInput, match="neither 'down' nor 'up'"):
        kept.changes(0, "side")  # type: ignore[arg-type]
    with pytest.raises(InvalidInput, match="recordings of 3 and 2 firms"):
        compare(kept, small, weights=production.weights)
    with pytest.raises(InvalidInput, match="weights has 2 entries for 3"):
        compare(kept, kept, weights=[0.5, 0.5])
    with pytest.raises(InvalidInput, match="groups has 1 entries for 3"):
        compare(kept, kept, weights=production.weights, groups=[1])
    torn = replace(kept.down, through=np.array([-1, 2, 1], np.int32))
    with pytest.raises(InvalidInput, match="a trade leads to firm 2, unchanged down in round 0"):
        replace(kept, down=torn).why(1)

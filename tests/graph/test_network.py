import os
import pickle
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from graph import digests
from graph.errors import Damaged, InvalidInput, NotFound
from graph.network import Network, files
from graph.testing.networks import firms_table, toy, trades_table
from graph.testing.strategies import NAMES, Amounts, amounts, networks

COLUMNS = [
    *("out_indptr", "out_indices", "out_amount_fen", "in_indptr", "in_indices", "in_amount_fen"),
    *("sales_fen", "purchases_fen", "sales_known", "purchases_known"),
]


def same(one: Network, other: Network) -> bool:
    return (
        one.ids == other.ids
        and one.attributes.equals(other.attributes)
        and all(np.array_equal(getattr(one, c), getattr(other, c)) for c in COLUMNS)
        and all(getattr(one, c).dtype == getattr(other, c).dtype for c in COLUMNS)
    )


def pairs_out(network: Network) -> Amounts:
    return {
        (network.ids[i], network.ids[int(network.out_indices[k])]): int(network.out_amount_fen[k])
        for i in range(len(network))
        for k in range(network.out_indptr[i], network.out_indptr[i + 1])
    }


def pairs_in(network: Network) -> Amounts:
    return {
        (network.ids[int(network.in_indices[k])], network.ids[i]): int(network.in_amount_fen[k])
        for i in range(len(network))
        for k in range(network.in_indptr[i], network.in_indptr[i + 1])
    }


def few(ids: list[str], trades: list[tuple[str, str, int]]) -> Network:
    firms = pa.table({"firm": pa.array(ids, pa.string())})
    columns = {
        "supplier": pa.array([t[0] for t in trades], pa.string()),
        "buyer": pa.array([t[1] for t in trades], pa.string()),
        "amount_fen": pa.array([t[2] for t in trades], pa.int64()),
    }
    return Network.build(firms, pa.table(columns))


firm = st.sampled_from(NAMES)


@given(st.lists(st.tuples(firm, firm, st.integers(-50, 50)), max_size=40), st.randoms())
def test_edges_are_the_positive_sums_of_the_trades_both_ways(
    trades: list[tuple[str, str, int]], random: st.DrawFn
) -> None:
    sums: Amounts = defaultdict(int)
    for supplier, buyer, amount in trades:
        sums[supplier, buyer] += amount
    network = few(list(NAMES), trades)
    shuffled = list(trades)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    assert pairs_out(network) == {pair: amount for pair, amount in sums.items() if amount > 0}
    assert pairs_in(network) == pairs_out(network)
    for i, name in enumerate(NAMES):
        sold = [amount for (supplier, _), amount in sums.items() if supplier == name]
        bought = [amount for (_, buyer), amount in sums.items() if buyer == name]
        assert network.sales_fen[i] == max(0, sum(sold))
        assert network.purchases_fen[i] == max(0, sum(bought))
        assert network.sales_known[i] == bool(sold)
        assert network.purchases_known[i] == bool(bought)
    assert same(network, few(list(reversed(NAMES)), shuffled))


@given(networks(least=-20, loops=True))
def test_rows_are_sorted_and_columns_are_sealed(network: Network) -> None:
    for side in ("out", "in"):
        indptr, indices = getattr(network, f"{side}_indptr"), getattr(network, f"{side}_indices")
        for i in range(len(network)):
            row = indices[indptr[i] : indptr[i + 1]]
            assert np.all(np.diff(row) > 0)
    for name in COLUMNS:
        with pytest.raises(ValueError, match="read-only"):
            getattr(network, name)[...] = 0


def test_ids_stand_in_code_point_order() -> None:
    ids = ["é", "z", "Z", "中", "\U0001f600", "\ufffd", "a", "10", "9"]

    network = few(ids, [("中", "Z", 3)])

    assert list(network.ids) == sorted(ids)
    assert [network.row(name) for name in sorted(ids)] == list(range(len(ids)))
    assert network.ids[1:3] == ["9", "Z"]
    assert network.ids[-1] == "\U0001f600"
    assert "中" in network.ids
    assert "国" not in network.ids
    assert 5 not in network.ids
    ends = network.rows(["中", "Z", "é"])
    assert network.amounts_fen(ends, network.rows(["Z", "中", "a"])).tolist() == [3, 0, 0]


def test_rows_of_many_firms_come_in_the_order_asked() -> None:
    ids = [f"F{i:05}" for i in range(3000)]
    network = few(ids, [])
    asked = ids[::-1]

    assert network.rows(asked).tolist() == list(range(2999, -1, -1))
    assert network.rows(pa.array(asked)).dtype == np.int64
    assert network.rows(["F00007", "F00002"]).tolist() == [7, 2]
    assert network.rows([]).tolist() == []
    with pytest.raises(NotFound, match="'nobody'"):
        network.rows([*ids, "nobody"])
    with pytest.raises(NotFound, match="'nobody'"):
        network.rows(["nobody"])


def test_attributes_follow_their_firms() -> None:
    firms = firms_table(["b", "a"], sector={"a": "steel"}, capital_fen={"b": 70})
    network = Network.build(firms, trades_table({("a", "b"): 5}))

    assert network.column("sector").to_pylist() == ["steel", None]
    assert network.column("capital_fen").to_pylist() == [None, 70]
    with pytest.raises(InvalidInput, match="no attribute 'colour'"):
        network.column("colour")


def test_a_pair_without_invoices_makes_no_sales_known() -> None:
    trades = trades_table({("a", "b"): 0, ("a", "c"): 0})
    at = trades.column_names.index("count")
    trades = trades.set_column(at, "count", pa.array([0, 2]))

    network = Network.build(firms_table("abc"), trades)

    assert network.sales_known.tolist() == [True, False, False]
    assert network.purchases_known.tolist() == [False, False, True]
    assert network.edges == 0


@pytest.mark.parametrize(
    ("ids", "trades"),
    [([], []), (["a"], []), (["a"], [("a", "a", 4)]), (["a", "b"], [("a", "b", -4)])],
    ids=["nothing", "one firm", "a loop", "red only"],
)
def test_small_networks_are_built_saved_and_opened(
    tmp_path: Path, ids: list[str], trades: list[tuple[str, str, int]]
) -> None:
    network = few(ids, trades)
    network.save(tmp_path / "1")

    assert same(Network.open(tmp_path / "1"), network)
    assert len(network) == len(ids)
    assert network.edges == sum(amount > 0 for _, _, amount in trades)


def test_a_million_parallel_edges_are_one() -> None:
    ends = np.zeros(1_000_000, np.int64)
    amount = np.full(1_000_000, 9_000_000_000_000)

    network = Network.from_edges(
        ["a", "b"], supplier_rows=ends, buyer_rows=ends + 1, amount_fen=amount
    )

    assert network.out_amount_fen.tolist() == [9 * 10**18]


def test_sums_past_64_bits_are_refused_in_any_order() -> None:
    large = 2**62
    for trade in (
        [("a", "b", large), ("a", "b", large), ("a", "b", -large)],
        [("a", "b", large), ("a", "b", -large), ("a", "b", large)],
        [("a", "b", -(2**63))],
    ):
        with pytest.raises(InvalidInput, match="64 bits"):
            few(["a", "b"], trade)
    assert few(["a", "b"], [("a", "b", 2**63 - 1)]).sales_fen[0] == 2**63 - 1


@pytest.mark.parametrize(
    ("firms", "trades", "words"),
    [
        ({}, {}, "table firms has no column 'firm'"),
        ({"firm": ["a", "a"]}, {}, "'a' stands twice"),
        ({"firm": ["a", None]}, {}, "table firms, column 'firm', row 1: the value is missing"),
        ({"firm": [1]}, {}, "firms.firm must be text"),
        ({"firm": ["b", "a", "a"]}, {}, "'a' stands twice"),
        ({}, {"supplier": None}, "table trades has no column 'supplier'"),
        ({}, {"buyer": ["b", "c"]}, "column 'buyer': 'c' is not in firms"),
        ({}, {"supplier": [None, "a"]}, "table trades, column 'supplier', row 0"),
        ({}, {"amount_fen": [1, None]}, "column 'amount_fen', row 1: the value is missing"),
        ({}, {"amount_fen": [1.5, 2.0]}, "must be whole fen, not double"),
        ({}, {"amount_fen": [float("nan"), 2.0]}, "must be whole fen, not double"),
        ({}, {"amount_fen": ["1", "2"]}, "must be whole fen, not string"),
    ],
)
def test_what_is_no_network_is_refused_in_words(
    firms: dict[str, object], trades: dict[str, object], words: str
) -> None:
    right = {"supplier": ["a", "b"], "buyer": ["b", "a"], "amount_fen": [1, 2]}
    kept = {name: values for name, values in (right | trades).items() if values is not None}
    given_firms = {"name": ["x"]} if words.startswith("table firms has") else firms
    table = pa.table(given_firms or {"firm": ["a", "b"]})

    with pytest.raises(InvalidInput, match=words):
        Network.build(table, pa.table(kept))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"ids": ["b", "a"]}, "'a' is out of order"),
        ({"ids": ["a", None]}, "missing id"),
        ({"supplier_rows": np.array([2])}, "must be rows of 2 firms"),
        ({"buyer_rows": np.array([-1])}, "must be rows of 2 firms"),
        ({"buyer_rows": np.array([0.0])}, "must be integers"),
        ({"buyer_rows": np.array([0, 1])}, "differ in number: 1, 2 and 1"),
        ({"amount_fen": np.array([np.nan])}, "must be whole fen"),
        ({"amount_fen": np.array([2**63], np.uint64)}, "64 bits"),
        ({"columns": pa.table({"name": ["x"]})}, "1 rows for 2 firms"),
    ],
)
def test_edges_that_do_not_fit_are_refused_in_words(change: dict[str, object], words: str) -> None:
    right = {
        "ids": ["a", "b"],
        "supplier_rows": np.array([0]),
        "buyer_rows": np.array([1]),
        "amount_fen": np.array([1]),
    }
    asked = right | change

    with pytest.raises(InvalidInput, match=words):
        Network.from_edges(asked.pop("ids"), **asked)  # type: ignore[arg-type]


def test_large_text_and_chunks_are_taken_as_they_come() -> None:
    firms = pa.table(
        {"firm": pa.chunked_array([["b"], ["a"]]), "rank": pa.chunked_array([[2], [1]])}
    )
    text = pa.chunked_array([["a"], ["a"]], pa.large_string())
    trades = pa.table({"supplier": text, "buyer": ["b", "b"], "amount_fen": [1, 2]})

    network = Network.build(firms, trades)

    assert pairs_out(network) == {("a", "b"): 3}
    assert network.column("rank").to_pylist() == [1, 2]


@given(networks(least=-20, loops=True))
def test_a_saved_network_is_opened_as_it_was(
    tmp_path_factory: pytest.TempPathFactory, network: Network
) -> None:
    folder = tmp_path_factory.mktemp("net") / "7"
    network.save(folder)

    opened = Network.open(folder)

    assert same(opened, network)
    assert same(pickle.loads(pickle.dumps(opened)), network)  # noqa: S301  # Our own bytes.


def test_saving_leaves_the_same_bytes_whatever_the_order_of_rows(tmp_path: Path) -> None:
    trades = [("a", "b", 3), ("b", "c", 4), ("a", "b", 5)]
    few(["a", "b", "c"], trades).save(tmp_path / "1")
    few(["c", "a", "b"], trades[::-1]).save(tmp_path / "2")

    one, two = ({p.name: p.read_bytes() for p in (tmp_path / n).iterdir()} for n in "12")

    assert one == two


def test_saving_again_replaces_and_leaves_no_rest(tmp_path: Path) -> None:
    toy({("a", "b"): 1}).save(tmp_path / "1")
    held = Network.open(tmp_path / "1")
    toy({("a", "b"): 2}).save(tmp_path / "1")

    assert Network.open(tmp_path / "1").out_amount_fen.tolist() == [2]
    assert held.out_amount_fen.tolist() == [1]
    assert [path.name for path in tmp_path.iterdir()] == ["1"]


def test_a_save_that_fails_leaves_what_was_there(tmp_path: Path) -> None:
    network = toy({("a", "b"): 1})
    network.save(tmp_path / "1")
    broken = replace(network, purchases_known=np.array([object()]))

    with pytest.raises(ValueError, match="Object arrays"):
        broken.save(tmp_path / "1")

    assert same(Network.open(tmp_path / "1"), network)
    assert [path.name for path in tmp_path.iterdir()] == ["1"]


def test_what_is_no_saved_network_is_refused_in_words(tmp_path: Path) -> None:
    folder = tmp_path / "1"
    with pytest.raises(NotFound, match="no network in"):
        Network.open(folder)

    toy({("a", "b"): 1}).save(folder)
    header = folder / "network.json"
    right = header.read_text()
    for text, words in (
        (right.replace('"form": 2', '"form": 99'), "not of form 2"),
        ("[]", "not of form 2"),
        ("{", "broken"),
        (right.replace('"firms": 2', '"firms": 3'), "length"),
    ):
        header.write_text(text)
        digests.seal(folder)
        with pytest.raises(InvalidInput, match=words):
            Network.open(folder)
    header.write_text(right)
    os.truncate(folder / "out_indices.npy", 3)
    with pytest.raises(Damaged, match=r"out_indices\.npy was changed"):
        Network.open(folder)
    digests.seal(folder)
    with pytest.raises(InvalidInput, match="broken network"):
        Network.open(folder)
    (folder / "out_indices.npy").unlink()
    with pytest.raises(Damaged, match=r"out_indices\.npy is missing"):
        Network.open(folder)


def test_ids_and_lengths_that_disagree_are_refused(tmp_path: Path) -> None:
    folder = tmp_path / "1"
    toy({("a", "b"): 1}).save(folder)
    files.write_arrow(pa.table({"firm": ["a"]}), folder / "ids.arrow")
    digests.seal(folder)

    with pytest.raises(InvalidInput, match="1 ids, not 2"):
        Network.open(folder)


@given(amounts())
def test_relabelled_firms_keep_their_trades(trades: Amounts) -> None:
    turned = dict(zip(NAMES, reversed(NAMES), strict=True))
    network = toy(
        {(turned[s], turned[b]): amount for (s, b), amount in trades.items()}, alone=NAMES
    )

    assert pairs_out(network) == {(turned[s], turned[b]): x for (s, b), x in trades.items()}


@given(networks(), st.data())
def test_trades_among_firms_are_those_with_both_ends_there(
    network: Network, draw: st.DataObject
) -> None:
    rows = draw.draw(st.lists(st.integers(0, len(network) - 1), unique=True))
    sold = [np.repeat(np.arange(len(network)), np.diff(network.out_indptr)), network.out_indices]
    every = list(zip(*(side.tolist() for side in [*sold, network.out_amount_fen]), strict=True))

    found = network.trades_among(np.array(rows, np.int64))

    assert list(zip(*(column.tolist() for column in found), strict=True)) == [
        trade for trade in every if trade[0] in rows and trade[1] in rows
    ]

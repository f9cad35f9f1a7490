"""Credit, risk on dependence and chains by id: named firms, tables, and rows that are rows."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from graph.chains import belonging, find_chain, find_chains
from graph.credit import Claims, Debts, Held, Rules, pass_each, pass_on
from graph.dependence import Dealings, Dependence, Links, chains, dependence
from graph.errors import InvalidInput, NotFound
from graph.network import Network
from graph.testing.networks import toy

IDS = ["cars", "mill", "ore", "vans"]
HALF = Rules(Fraction(1, 2), steps_max=2, cut_off_fen=1)
OWED = {("mill", "cars"): 80, ("ore", "mill"): 50}
HELD = {("cars", "vans"): 100}


def steel() -> Network:
    return toy({("ore", "mill"): 60, ("mill", "cars"): 90, ("mill", "vans"): 10})


def by_row(amounts: dict[tuple[str, str], int]) -> dict[tuple[int, int], int]:
    return {(IDS.index(a), IDS.index(b)): amount for (a, b), amount in amounts.items()}


def test_credit_is_asked_and_told_by_id() -> None:
    passed = pass_on(Held.of(HELD), Claims.of(OWED, IDS), HALF)
    flows = pass_each(Held.of(HELD), Debts.of(Claims.of(OWED, IDS)), HALF)
    plain = pass_on(Held.of(by_row(HELD)), Claims.of(by_row(OWED)), HALF)
    mixed = pass_on(Held.of(by_row(HELD)), Claims.of(OWED, IDS), HALF)

    table = passed.to_pandas()
    assert table.columns.tolist() == ["step", "core", "giver", "taker", "amount_fen"]
    assert table.values.tolist() == [
        [1, "vans", "cars", "mill", 50],
        [2, "vans", "mill", "ore", 25],
    ]
    assert table["amount_fen"].dtype == np.int64
    assert flows.to_pandas().equals(table)
    assert mixed.to_pandas().equals(table)
    assert plain.to_pandas().values.tolist() == [[1, 3, 0, 1, 50], [2, 3, 1, 2, 25]]
    assert flows.arrived("vans") == flows.arrived(3) == {1: 50, 2: 25}
    assert flows.paths("vans", "ore") == flows.paths(3, 2)
    assert flows.paths("vans", "ore")[0].firms == (0, 1, 2)


def test_who_is_no_firm_of_the_claims_is_refused_with_column_and_place() -> None:
    debts = Debts.of(Claims.of(OWED, IDS))
    flows = pass_each(Held.of(HELD), debts, HALF)

    with pytest.raises(NotFound, match="documents, firm: no firm 'mint'"):
        pass_each(Held.of({("mint", "vans"): 1}), debts, HALF)
    with pytest.raises(NotFound, match="claims, creditor: no firm 'mint'"):
        Debts.of(Claims.of({("mint", "vans"): 1}, IDS))
    with pytest.raises(InvalidInput, match="documents, core: entry 1 is no row of a firm"):
        pass_each(Held.of({(0, 3): 1, (0, 4): 1}), debts, HALF)
    with pytest.raises(InvalidInput, match="claims, debtor: entry 0 is no row of a firm"):
        Debts.of(Claims.of({(0, -1): 1}, IDS))
    with pytest.raises(InvalidInput, match="claims, amount_fen: entry 1 must not be negative"):
        Debts.of(Claims.of({(0, 1): 1, (1, 2): -1}))
    with pytest.raises(InvalidInput, match="claims, creditor are ids, but the network knows"):
        Debts.of(Claims.of(OWED))
    with pytest.raises(InvalidInput, match="ids: an id stands twice"):
        Debts.of(Claims.of(OWED, ["cars", "cars"]))
    with pytest.raises(NotFound, match="core: no firm 'mint'"):
        flows.arrived("mint")
    with pytest.raises(InvalidInput, match="firm 4 is no row of a firm"):
        flows.paths("vans", 4)
    with pytest.raises(InvalidInput, match=r"core 0\.5 is no whole number"):
        flows.arrived(0.5)  # type: ignore[arg-type]  # That is the question.


def worse() -> Dependence:
    dealings = Dealings.of(steel(), creditors=["mill"], debtors=["cars"], receivable_fen=[50])
    return dependence(
        Links.build([0, 0, 0, 0], dealings), [0.5, 0.1, 0.1, 0.1], [0.2, 0.1, 0.1, 0.1]
    )


def test_risk_on_dependence_is_asked_and_told_by_id() -> None:
    rows = Dealings.of(steel(), creditors=[1], debtors=[0], receivable_fen=[50])
    links = Links.build([0, 0, 0, 0], rows)
    found = worse()
    best = chains(found)

    assert links.to_pandas().values.tolist() == [
        ["up", "mill", "cars", 0.9],
        ["down", "cars", "mill", 1.0],
        ["down", "mill", "ore", 1.0],
        ["down", "vans", "mill", 1.0],
    ]
    table = found.to_pandas()
    assert table["firm"].tolist() == IDS
    assert table["pd_network"].tolist() == found.pd_network.tolist()
    assert table["notches"].tolist() == found.notches.tolist()
    taken = found.operator.to_pandas()
    assert taken[["firm", "partner"]].values.tolist()[1] == ["mill", "cars"]
    assert taken["adverse"].tolist()[1] == pytest.approx(0.45)
    told = best.to_pandas()
    first = told[(told["firm"] == "vans") & (told["rank"] == 1)].iloc[0]
    assert first["chain"].tolist() == ["cars", "mill", "vans"]
    assert best.of("vans") == best.of(3)
    assert best.of("vans")[0] == ([0, 1, 3], first["carried"])
    assert len(told) == int((best.carried > 0).sum())
    assert told["share"].tolist() == best.shares[best.carried > 0].tolist()


def test_dealings_without_ids_are_told_by_row() -> None:
    dealings = Dealings([1, 2], [0, 1], amount_fen=[90, 60], receivable_fen=[50, 50])
    found = dependence(Links.build([0, 0, 0], dealings), [0.5, 0.1, 0.1], [0.2, 0.1, 0.1])
    named = Dealings(["b", "c"], ["a", "b"], [90, 60], [50, 50], ids=["a", "b", "c"])

    assert found.to_pandas()["firm"].tolist() == [0, 1, 2]
    assert chains(found).to_pandas()["chain"].tolist()[-1].tolist()[-1] == 2
    assert (Links.build([0, 0, 0], named).up - Links.build([0, 0, 0], dealings).up).nnz == 0
    nobody = chains(dependence(Links.build([], Dealings([], [], [], [])), [], []))
    assert nobody.to_pandas().columns.tolist() == ["firm", "rank", "carried", "share", "chain"]


def test_who_is_no_firm_of_the_dealings_is_refused_with_column_and_place() -> None:
    with pytest.raises(NotFound, match="debtors: no firm 'mint'"):
        Dealings.of(steel(), creditors=["mill"], debtors=["mint"], receivable_fen=[1])
    with pytest.raises(InvalidInput, match=r"buyers must be rows of 2 firms.* entry 1 is 2"):
        Links.build([1, 1], Dealings([0, 0], [1, 2], [1, 1], [0, 0]))
    with pytest.raises(InvalidInput, match="suppliers are ids, but the network knows"):
        Links.build([1, 1], Dealings(["a"], [1], [1], [0]))
    with pytest.raises(InvalidInput, match="ids has 1 entries for 2 firms"):
        Links.build([1, 1], Dealings(["a"], [1], [1], [0], ids=["a"]))
    for firm in (-1, 4):
        with pytest.raises(InvalidInput, match=f"firm_row {firm} is no row of a firm"):
            chains(worse()).of(firm)
    with pytest.raises(NotFound, match="firm_row: no firm 'mint'"):
        chains(worse()).of("mint")


def test_chains_are_asked_and_told_by_id() -> None:
    network = steel()
    chain = find_chain(network, "cars", share_min=0)
    both = find_chains(network, ["vans", "cars"], share_min=0)
    belongs = belonging(network, ["cars", "vans"])

    assert chain.to_pandas().values.tolist() == [
        ["mill", "up", 1, "cars", 1, 0],
        ["ore", "up", 2, "mill", 2, 0],
    ]
    assert chain.path("ore") == chain.path(2) == [2, 1, 0]
    assert both.core_rows.tolist() == [3, 0]
    assert both.chain(1).to_pandas().equals(chain.to_pandas())
    assert both.to_pandas()["core"].tolist() == ["vans", "vans", "cars", "cars"]
    assert belongs.of("mill") == belongs.of(1)
    table = belongs.to_pandas()
    assert table.columns.tolist() == ["firm", "core", "share_e12"]
    assert table[table["firm"] == "mill"].values.tolist() == [
        ["mill", "cars", 9 * 10**11],
        ["mill", "vans", 10**11],
    ]
    alone = find_chains(network, []).to_pandas()
    assert (len(alone), alone.columns.tolist()[:3]) == (0, ["core", "firm", "direction"])


def test_who_is_no_core_or_member_is_refused() -> None:
    network = steel()
    chain = find_chain(network, "cars")

    for ask in (find_chains, belonging):
        with pytest.raises(NotFound, match="core_rows: no firm 'mint'"):
            ask(network, ["cars", "mint"])
        with pytest.raises(InvalidInput, match="core_rows: entry 1, core row -1 is not in"):
            ask(network, [0, -1])
    with pytest.raises(NotFound, match="firm_row: no firm 'mint'"):
        chain.path("mint")
    with pytest.raises(NotFound, match="is not in the chain"):
        chain.path("vans")
    for firm in (-1, 4):
        with pytest.raises(InvalidInput, match=f"firm_row {firm} is no row of a firm"):
            belonging(network, [0]).of(firm)


@pytest.mark.parametrize("row", [[0.0], [0.5], [True], np.array([1.0]), [None], ["0", 1]])
def test_what_is_no_row_is_refused_there_too(row: Any) -> None:
    debts = Debts.of(Claims.of(OWED, IDS))

    for refused, name in (
        (lambda: Debts.of(Claims(row, np.array([1]), np.array([1]))), "claims, creditor"),
        (lambda: Debts.of(Claims(np.array([1]), row, np.array([1]))), "claims, debtor"),
        (lambda: pass_each(Held(row, np.array([1]), np.array([1])), debts, HALF), "documents, fi"),
        (lambda: pass_each(Held(np.array([1]), row, np.array([1])), debts, HALF), "documents, co"),
        (lambda: Links.build([1, 1], Dealings(row, [1], [1], [0])), "suppliers"),
        (lambda: Links.build([1, 1], Dealings([1], row, [1], [0])), "buyers"),
        (
            lambda: Dealings.of(steel(), creditors=row, debtors=[0], receivable_fen=[1]),
            "creditors",
        ),
        (lambda: find_chains(steel(), row), "core_rows"),
        (lambda: belonging(steel(), row), "core_rows"),
    ):
        with pytest.raises(InvalidInput, match=f"^{name}.* must be "):
            refused()

"""Which documents and claims count, one rule at a time, on a handful of rows."""

import datetime as dt
from fractions import Fraction
from typing import Any

import polars as pl
import pytest

from app.chain.limits.ledger import groups
from app.policy import Policy
from tests.app.chain.limits.test_laws import POLICY, Found, changed, run
from tests.oracles.inputs import frame
from tests.oracles.limits import Economy

T = dt.date(2026, 6, 30)
YUAN = 100
CORE = {
    "firm": "C",
    "core": True,
    "operating_cash_flow": 10**11,
    "cash": 10**11,
    "short_debt": 0,
}
BARE = {"firm": "C", "core": True}


def ago(days: int) -> dt.date:
    return T - dt.timedelta(days=days)


def row(**fields: Any) -> dict[str, Any]:
    usual = {
        "number": "A1",
        "seller": "S",
        "buyer": "C",
        "amount": 1_000_000 * YUAN,
        "issued_on": ago(30),
        "due_on": ago(-60),
        "status": "open",
    }
    return usual | fields


def sale(days: int = 100, **fields: Any) -> dict[str, Any]:
    usual = {
        "number": f"I{days}",
        "issued_on": ago(days),
        "seller": "S",
        "buyer": "C",
        "amount": 50_000_000 * YUAN,
        "tax": 0,
        "total": 50_000_000 * YUAN,
        "status": "valid",
    }
    return usual | fields


def found(*rows: dict[str, Any], policy: Policy = POLICY, **tables: Any) -> Found:
    firms = tables.pop("firms", [CORE, {"firm": "S"}, {"firm": "B"}])
    invoices = [sale(), sale(seller="B", buyer="S", number="I2")]
    economy = Economy(T, firms, receivables=list(rows), invoices=invoices)
    for name, extra in tables.items():
        getattr(economy, name).extend(extra)
    return run(economy, policy, lambda _firm, _closed: Fraction(0))


def held(result: Found, firm: str = "S", core: str = "C") -> int:
    member = result.members.get((firm, core))
    return int(member["held_fen"]) if member else 0


def claim(result: Found, seller: str = "S", buyer: str = "C", column: str = "rows_fen") -> int:
    row_of = {firm: place for place, firm in enumerate(result.handed.ids)}
    pair = (pl.col("seller") == row_of[seller]) & (pl.col("buyer") == row_of[buyer])
    rows = result.outcome.claims.filter(pair)[column]
    return int(rows[0]) if len(rows) else 0


CONFIRMED = {"status": "confirmed", "confirmed_on": ago(5)}
WHOLE = 1_000_000 * YUAN


@pytest.mark.parametrize(
    ("fields", "document"),
    [
        (CONFIRMED, True),
        ({"status": "confirmed", "confirmed_on": None}, True),
        ({"status": "open", "confirmed_on": T}, True),
        ({"status": "confirmed", "confirmed_on": ago(-1)}, False),
        ({"status": "paid", "confirmed_on": ago(5), "paid_on": ago(-1)}, True),
        ({"status": "open"}, False),
        (CONFIRMED | {"due_on": T}, True),
        (CONFIRMED | {"due_on": ago(1)}, False),
        (CONFIRMED | {"due_on": ago(-180)}, True),
        (CONFIRMED | {"due_on": ago(-181)}, False),
        (CONFIRMED | {"issued_on": ago(-1)}, False),
    ],
)
def test_a_confirmed_receivable_in_its_tenor_is_a_document(
    fields: dict[str, Any], *, document: bool
) -> None:
    assert held(found(row(**fields))) == (WHOLE if document else 0)


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({"status": "paid"}, "gone"),
        ({"status": "paid", "paid_on": T}, "gone"),
        ({"status": "open", "paid_on": T}, "gone"),
        ({"status": "confirmed", "confirmed_on": ago(5), "paid_on": ago(1)}, "gone"),
        ({"status": "disputed", "paid_on": ago(1)}, "gone"),
        ({"status": "paid", "paid_on": ago(-1)}, "open"),
        ({"status": "open", "paid_on": ago(-1)}, "open"),
        ({"status": "disputed"}, "gone"),
        ({"status": "financed"}, "gone"),
        ({"status": "void"}, "gone"),
        ({"status": "void", "paid_on": ago(1)}, "gone"),
        ({"issued_on": ago(180)}, "open"),
        ({"issued_on": ago(181)}, "gone"),
        ({"due_on": ago(-181)}, "open"),
    ],
)
def test_an_open_receivable_is_a_claim_until_it_ends(fields: dict[str, Any], state: str) -> None:
    assert claim(found(row(**fields))) == (WHOLE if state == "open" else 0)


@pytest.mark.parametrize(("late", "counts"), [(60, True), (61, False)])
def test_a_claim_counts_while_it_is_little_past_due(late: int, *, counts: bool) -> None:
    fresh = row(number="A2", amount=9 * WHOLE)  # So that the buyer as a whole pays in time.

    result = found(row(due_on=ago(late), issued_on=ago(150)), fresh)

    assert claim(result) == 9 * WHOLE + (WHOLE if counts else 0)


def test_a_confirmed_receivable_that_is_no_document_is_a_claim() -> None:
    late = row(**CONFIRMED | {"due_on": ago(1)})

    result = found(late, row(number="A2", amount=9 * WHOLE))

    assert (held(result), claim(result)) == (0, 10 * WHOLE)


def test_on_a_core_without_a_facility_confirmed_receivables_are_claims() -> None:
    paper = {
        "number": "V1",
        "issuer": "C",
        "holder": "S",
        "amount": WHOLE,
        "issued_on": ago(10),
        "due_on": ago(-60),
    }
    firms = [BARE, {"firm": "S"}, {"firm": "B"}]

    result = found(row(**CONFIRMED), firms=firms, vouchers=[paper])

    assert (held(result), claim(result)) == (0, WHOLE)
    assert result.cores["C"]["facility"] is None
    assert result.limit("S", "C") > 0


def test_a_registry_id_is_needed_where_the_policy_says_so() -> None:
    strict = changed(POLICY, registry_required=True)

    without, with_id = row(**CONFIRMED), row(**CONFIRMED, registry_id="Z7")

    assert held(found(without, policy=strict)) == 0
    assert claim(found(without, policy=strict)) == WHOLE
    assert held(found(with_id, policy=strict)) == WHOLE


@pytest.mark.parametrize(("overdue", "counts"), [(25, False), (24, True)])
def test_nothing_of_a_buyer_counts_whose_overdue_share_is_large(
    overdue: int, *, counts: bool
) -> None:
    late = row(number="A2", seller="B", amount=overdue * WHOLE, due_on=ago(1))
    rest = row(amount=(100 - overdue) * WHOLE)

    assert claim(found(rest, late)) == ((100 - overdue) * WHOLE if counts else 0)


def test_a_row_due_today_is_not_overdue() -> None:
    assert claim(found(row(due_on=T))) == WHOLE


def test_disputed_rows_count_among_those_unpaid() -> None:
    disputed = row(number="A2", seller="B", amount=WHOLE, status="disputed", due_on=ago(1))

    assert claim(found(row(amount=3 * WHOLE), disputed)) == 0
    assert claim(found(row(amount=4 * WHOLE), disputed)) == 4 * WHOLE


def test_invoices_of_the_window_without_receivables_are_estimated() -> None:
    recent = [sale(days=10, amount=8 * WHOLE, total=9 * WHOLE)]
    old = [sale(days=90, amount=8 * WHOLE, total=9 * WHOLE)]

    assert claim(found(invoices=recent), column="estimated_fen") == 9 * WHOLE
    assert claim(found(invoices=old), column="estimated_fen") == 0
    for status in ("open", "paid", "void", "disputed"):
        result = found(row(status=status, amount=2 * WHOLE), invoices=recent)
        assert claim(result, column="estimated_fen") == 7 * WHOLE
    large = found(row(status="void", amount=10 * WHOLE), invoices=recent)
    assert claim(large, column="estimated_fen") == 0


def test_what_is_owed_both_ways_is_set_off_with_estimates() -> None:
    back = row(number="A2", seller="C", buyer="S", amount=WHOLE // 4)
    recent = [sale(days=10, seller="C", buyer="S", amount=0, total=WHOLE // 2)]

    plain = found(row(), back)
    both = found(row(), invoices=recent)

    assert (claim(plain), claim(plain, column="contra_fen")) == (WHOLE, WHOLE // 4)
    assert claim(both, column="contra_fen") == WHOLE // 2
    assert claim(plain, seller="C", buyer="S") == 0


def test_who_pays_late_still_sets_off() -> None:
    late = row(number="A2", seller="C", buyer="S", amount=WHOLE // 4, due_on=ago(1))

    result = found(row(), late)

    assert claim(result, seller="C", buyer="S") == 0
    assert claim(result, column="contra_fen") == WHOLE // 4


HOLDING = {"owner": "C", "owned": "S", "share": 0.51, "kind": "equity"}


@pytest.mark.parametrize(
    ("holdings", "apart"),
    [
        ([HOLDING], False),
        ([HOLDING | {"share": 0.5}], True),
        ([HOLDING | {"share": 0.01, "kind": "control"}], False),
        ([HOLDING | {"share": None, "kind": "control"}], False),
        ([HOLDING | {"to": ago(1)}], True),
        ([HOLDING | {"to": T}], False),
        ([HOLDING | {"from": ago(-1)}], True),
        ([HOLDING | {"share": 0.3}, HOLDING | {"share": 0.3}], False),
        ([HOLDING | {"owned": "B"}, HOLDING | {"owner": "B"}], False),
        ([HOLDING | {"owner": "H", "owned": firm} for firm in ("C", "S")], False),
    ],
)
def test_claims_within_a_group_do_not_count(holdings: list[dict[str, Any]], *, apart: bool) -> None:
    rows = [
        {"id": str(n), "owner": ord(h["owner"]), "owned": ord(h["owned"])}
        | {"share": h["share"], "kind": h["kind"], "from_on": h.get("from"), "to_on": h.get("to")}
        for n, h in enumerate(holdings)
    ]
    columns = frame("holdings", [r | {"owner": "", "owned": ""} for r in rows]).with_columns(
        owner=pl.Series([r["owner"] for r in rows]), owned=pl.Series([r["owned"] for r in rows])
    )

    group = dict(groups(columns, T).iter_rows())

    assert (group.get(ord("C"), 1) != group.get(ord("S"), 2)) == apart


def test_documents_know_no_groups() -> None:
    control = {"owner": "C", "owned": "S", "share": None, "kind": "control"}

    result = found(row(**CONFIRMED), row(number="A2"), holdings=[control])

    assert (held(result), claim(result)) == (WHOLE, 0)


def paper(number: str, amount: int, **fields: Any) -> dict[str, Any]:
    usual = {
        "number": number,
        "issuer": "C",
        "holder": "S",
        "amount": amount,
        "issued_on": ago(10),
        "due_on": ago(-60),
        "status": "held",
    }
    return usual | fields


def test_a_voucher_counts_net_of_its_children() -> None:
    parent = paper("V1", WHOLE)
    child = paper("V2", WHOLE // 4, parent="V1", holder="B")
    later = paper("V3", WHOLE // 4, parent="V1", holder="B", issued_on=ago(-1))
    split = paper("V4", WHOLE, status="split")

    result = found(vouchers=[parent, child, later, split])

    assert held(result) == WHOLE - WHOLE // 4
    assert held(result, firm="B") == WHOLE // 4
    assert result.cores["C"]["vouchers_fen"] == WHOLE


def test_what_was_disputed_or_financed_since_still_occupies() -> None:
    rows = [
        row(number="A1", **CONFIRMED),
        row(number="A2", **CONFIRMED | {"status": "disputed"}),
        row(number="A3", **CONFIRMED | {"status": "financed"}),
        row(number="A4", status="financed"),
        row(number="A5", **CONFIRMED | {"paid_on": T}),
        row(number="A6", **CONFIRMED | {"status": "void"}),
    ]

    assert found(*rows).cores["C"]["confirmed_fen"] == 3 * WHOLE


def test_documents_shrink_with_a_facility_that_shrank() -> None:
    poor = CORE | {"operating_cash_flow": WHOLE, "cash": 0}  # Half of it is the cash cap.
    firms = [poor, {"firm": "S"}, {"firm": "B"}]

    result = found(row(**CONFIRMED), firms=firms)

    assert result.factors("C")[0] == pytest.approx(0.5)
    assert result.limit("S", "C") == WHOLE * 95 // 200
    none = found(row(**CONFIRMED), firms=[poor | {"short_debt": WHOLE}, *firms[1:]])
    assert none.limit("S", "C") == 0


def test_a_holder_whom_no_trade_reaches_stands_up_in_tier_one() -> None:
    result = found(vouchers=[paper("V1", WHOLE, holder="L")], firms=[CORE, {"firm": "L"}])

    member = result.members["L", "C"]
    assert (member["direction"], member["tier"], member["held_fen"]) == ("up", 1, WHOLE)
    assert member["limit_fen"] == WHOLE * 95 // 100


def test_a_counterparty_has_no_limit_but_passes_on() -> None:
    owed = row(number="A2", seller="S", buyer="N", amount=WHOLE)
    result = found(owed, vouchers=[paper("V1", 4 * WHOLE, holder="N")])

    stranger, known = result.members["N", "C"], result.members["S", "C"]
    assert (stranger["limit_fen"], stranger["absent"]) == (None, "counterparty only")
    assert stranger["reachable_fen"] is None
    assert known["reachable_fen"] == WHOLE * 95 // 100


def test_a_core_alone_has_a_facility_and_nobody_in_its_chain() -> None:
    empty = run(Economy(T, [CORE]), POLICY, lambda _firm, _closed: Fraction(0))

    assert empty.members == {}
    assert empty.cores["C"]["facility"] == "0"
    assert empty.cores["C"]["relation_total_fen"] == "0"


def test_names_may_hold_any_character() -> None:
    odd = "S:1 '=\"<b>，"
    firms = [CORE, {"firm": odd}]
    sold = sale(seller=odd, number="odd")

    result = found(row(seller=odd), firms=firms, invoices=[sold])

    assert claim(result, seller=odd) == WHOLE
    assert result.limit(odd, "C") > 0


def holds(result: Found, firm: str = "B", core: str = "C") -> bool:
    ids = result.handed.ids
    pair = (pl.col("firm") == ids.index(firm)) & (pl.col("core") == ids.index(core))
    return bool(result.outcome.members.filter(pair)["holds"][0])


@pytest.mark.parametrize(
    ("fields", "holder"),
    [
        ({"status": "open"}, True),
        (CONFIRMED, True),
        (CONFIRMED | {"due_on": ago(100)}, True),  # Late, and still owed.
        ({"status": "disputed"}, True),
        ({"status": "financed", "confirmed_on": ago(5)}, False),
        ({"status": "paid"}, False),
        ({"status": "open", "paid_on": T}, False),
        ({"status": "void"}, False),
        ({"status": "open", "issued_on": ago(-1)}, False),
        ({"status": "open", "buyer": "S"}, False),
    ],
)
def test_whoever_a_core_still_owes_holds_its_paper(fields: dict[str, Any], *, holder: bool) -> None:
    assert holds(found(row(number="P", seller="B", **fields))) == holder


@pytest.mark.parametrize(
    ("papers", "holder"),
    [
        ([paper("V1", WHOLE, holder="B")], True),
        ([paper("V1", WHOLE, holder="B", due_on=ago(9))], True),
        ([paper("V1", WHOLE, holder="B", status="settled")], False),
        ([paper("V1", WHOLE, holder="B", status="financed")], False),
        ([paper("V1", WHOLE, holder="B", status="transferred")], False),
        ([paper("V1", WHOLE, holder="B"), paper("V2", WHOLE, holder="S", parent="V1")], False),
    ],
)
def test_a_voucher_is_its_present_holder_s(papers: list[dict[str, Any]], *, holder: bool) -> None:
    assert holds(found(vouchers=papers)) == holder

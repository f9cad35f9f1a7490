"""Lists of vouchers as the database filters, counts, sorts and cuts them: as read one by one."""

import datetime as dt
import json
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from app.chain.vouchers.listing import (
    ENDED,
    ORDERS,
    UNHELD,
    VoucherOrder,
    VouchersListed,
    counts,
    every_listed,
    held_by_tier,
    listed,
    parties,
    sums,
)
from app.chain.vouchers.payments import of_issuer, offered, to_holder
from app.chain.vouchers.tables import STATES, vouchers
from app.platform.records import Records, open_records
from tests.conftest import emptied

DAY = dt.date(2026, 6, 30)
FIRMS = "ABCD"
WANTED = [
    VouchersListed(DAY),
    VouchersListed(DAY, holder="B"),
    VouchersListed(DAY, issuer="A", named_tiers=2),
    VouchersListed(DAY, issuer="A", text="c", firms=["C"], named_tiers=0),
    VouchersListed(DAY, text="v_1", firms=["D"]),
    VouchersListed(DAY, state="held", due="week"),
    VouchersListed(DAY, holder="C", due="late", share="part"),
    VouchersListed(DAY, state="nowhere"),
    VouchersListed(DAY, text="1", firms=[]),
]
Row = dict[str, Any]


def node(draw: random.Random, number: int) -> Row:
    """Return a node as the table holds it."""
    fen, tier, state = draw.randint(1, 500), draw.randint(1, 3), draw.choice(STATES)
    parts = draw.randint(0, fen)
    financed = draw.randint(0, fen - parts)
    return {
        "voucher": f"V{number}",
        "root": f"V{number}",
        "giver": "A",
        "depth": 0,
        "parent": draw.choice([None, "V0"]),
        "issuer": draw.choice(FIRMS),
        "holder": draw.choice(FIRMS),
        "tier": tier,
        "amount_fen": fen,
        "parts_fen": parts,
        "financed_fen": financed,
        "held_fen": fen - parts - financed,
        "state": state,
        "before": "",
        "recourse": 0,
        "accepted": draw.randint(0, 1),
        "issued_on": DAY.isoformat(),
        "due_on": (DAY + dt.timedelta(days=draw.choice([-2, 0, 7, 8, 31, 32]))).isoformat(),
        "accept_by": draw.choice(["", DAY.isoformat()]),
        "occupies_fen": 0,
        "receivables": json.dumps([]),
        "event": 1,
    }


@pytest.fixture(scope="module", params=["sqlite", pytest.param("p", marks=pytest.mark.postgres)])
def records(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Records]:
    place: Path = tmp_path_factory.mktemp("list") / "records.db"
    url = f"sqlite:///{place}"
    if request.param == "p":
        url = emptied(request.getfixturevalue("postgres_url"))
    draw = random.Random(3)
    with open_records(url) as opened:
        with opened.writing() as connection:
            connection.execute(sa.insert(vouchers), [node(draw, at) for at in range(150)])
        yield opened


def every(records: Records) -> list[Row]:
    with records.reading() as connection:
        return [dict(row) for row in connection.execute(sa.select(vouchers)).mappings()]


def due(row: Row) -> str:
    left = (dt.date.fromisoformat(row["due_on"]) - DAY).days
    if row["state"] in ENDED:
        return ""
    return "late" if left < 0 else "week" if left <= 7 else "month" if left <= 31 else "later"


def values(row: Row) -> dict[str, str]:
    share = "part" if row["parent"] else "whole"
    return {"state": row["state"], "due": due(row), "share": share}


def passes(row: Row, wanted: VouchersListed, but: str = "") -> bool:
    """Read one node as a list wants it."""
    holds = row["accepted"] and row["held_fen"] + row["financed_fen"] > 0
    told = wanted.named_tiers is None or row["tier"] <= wanted.named_tiers
    told = told or (holds and row["state"] not in ("rejected", "cancelled"))
    meant = wanted.text.casefold() in row["voucher"].casefold()
    meant |= row["holder"] in wanted.firms and bool(told)
    meant |= row["issuer"] in wanted.firms and not wanted.issuer
    return bool(
        (not wanted.issuer or (row["issuer"] == wanted.issuer and row["parent"] is None))
        and wanted.holder in ("", row["holder"])
        and (not wanted.text or meant)
        and all(
            getattr(wanted, name) in ("", value)
            for name, value in values(row).items()
            if name != but
        )
    )


def standing(row: Row) -> int | None:
    return None if row["state"] in UNHELD else row["held_fen"] + row["financed_fen"]


@pytest.mark.parametrize("wanted", WANTED)
def test_a_list_has_counts_and_sums_as_its_rows(records: Records, wanted: VouchersListed) -> None:
    rows = [row for row in every(records) if passes(row, wanted)]

    found = sums(records, wanted)
    assert (found.count, found.amount_fen, found.standing_fen) == (
        len(rows),
        sum(row["amount_fen"] for row in rows),
        sum(standing(row) or 0 for row in rows),
    )
    for name, told in counts(records, wanted).items():
        others = [row for row in every(records) if passes(row, wanted, but=name)]
        assert told == Counter(values(row)[name] for row in others)


@pytest.mark.parametrize("wanted", WANTED[:4])
@pytest.mark.parametrize("key", [*ORDERS, "issuer", "holder", "state"])
@pytest.mark.parametrize("descending", [False, True])
def test_pages_of_a_list_are_cut_of_all_in_order(
    records: Records, wanted: VouchersListed, key: str, *, descending: bool
) -> None:
    words = {**dict(zip(FIRMS, "zyyx", strict=True)), **{each: each[:2] for each in STATES}}
    told = {"held": standing, "accept": lambda row: row["accept_by"] or None}
    column = {"number": "voucher", "amount": "amount_fen", "issued": "issued_on", "due": "due_on"}

    def value(row: Row) -> Any:
        named = words[row[key]] if key in ("issuer", "holder", "state") else None
        return named or (told[key](row) if key in told else row[column.get(key, key)])

    order = VoucherOrder(key, descending, words.get)
    rows = listed(records, wanted, order, (0, None))
    cut = [
        row
        for start in range(0, len(rows), 7)
        for row in listed(records, wanted, order, (start, 7))
    ]

    assert rows == cut
    assert {row["voucher"] for row in rows} == {
        row["voucher"] for row in every(records) if passes(row, wanted)
    }
    if key != "holder" or wanted.named_tiers is None:  # Who is not named stands at one end.
        usual = sorted(rows, key=lambda row: (row["due_on"], row["voucher"]))
        known = [row for row in usual if value(row) is not None]
        known.sort(key=value, reverse=descending)
        assert rows == [*known, *(row for row in usual if value(row) is None)]


def test_parties_and_holders_of_an_issuer_are_those_of_its_rows(records: Records) -> None:
    rows = every(records)

    assert parties(records, VouchersListed(DAY, text="nothing")) == list(FIRMS)
    held: Counter[tuple[int, str]] = Counter()
    for row in rows:
        over = row["state"] in ("rejected", "cancelled", "settled")
        if row["issuer"] == "A" and row["accepted"] and not over:
            held[row["tier"], row["holder"]] += row["held_fen"] + row["financed_fen"]
    found = {(tier, holder): fen for tier, holder, fen in held_by_tier(records, "A")}
    assert found == {each: fen for each, fen in held.items() if fen}


@pytest.mark.parametrize("wanted", WANTED)
@pytest.mark.parametrize("key", ["due", "state", "holder", "held"])
def test_all_of_a_list_come_in_parts_as_they_come_at_once(
    records: Records, wanted: VouchersListed, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.chain.vouchers.listing.AT_ONCE", 7)
    order = VoucherOrder(key, descending=True, words=str)

    assert list(every_listed(records, wanted, order)) == listed(records, wanted, order, (0, None))


def test_payments_are_summed_by_day_and_cut_where_they_lie(records: Records) -> None:
    day, rows = DAY.isoformat(), every(records)
    runs = [row for row in rows if row["accepted"] and row["state"] not in ENDED]
    held = [row for row in runs if row["holder"] == "B" and row["held_fen"]]
    owed = [row for row in runs if row["issuer"] == "A" and not row["parent"]]
    owed = [row for row in owed if row["due_on"] <= day]

    for payments, mine, party, fen, first in (
        (to_holder(records, "B", since=DAY, size=3), held, "issuer", "held_fen", day),
        (of_issuer(records, "A", until=DAY, size=3), owed, "holder", "amount_fen", ""),
    ):
        days = sorted({row["due_on"] for row in mine})
        assert [*map(tuple, payments.days)] == [
            (each, len(part), sum(row[fen] for row in part))
            for each in days
            for part in [[row for row in mine if row["due_on"] == each]]
        ]
        ordered = sorted((row["due_on"], row["voucher"], row) for row in mine)
        assert [*map(tuple, payments.first)] == [
            (row["voucher"], row[party], row[fen], row["due_on"], row["state"])
            for due_on, _, row in ordered
            if due_on >= first
        ][:3]
    waits = [row for row in rows if row["holder"] == "B" and row["state"] == "issued"]
    waits.sort(key=lambda row: (row["accept_by"], row["voucher"]))
    assert offered(records, "B", size=2) == (waits[:2], len(waits))
    assert offered(records, "B", size=500) == (waits, len(waits))

"""Amounts are whole fen: what is none is refused and moves nothing, what is one is read back."""

import csv
import io
import json
import re
from typing import Any

import pytest
import sqlalchemy as sa

from app.books.ledger.tables import accounts
from app.platform.events.tables import events
from app.platform.web.areas import WORK
from tests.app.chain.asking import API, Desk
from tests.app.chain.booked import STACK, set_up

MOST = str(2**63 - 1)
TOO_MUCH = (str(2**63), str(2**64), "-9223372036854775809", "9" * 400, "1" + "0" * 5000)
NO_INTEGERS = ("100.5", '"100"', '"1e3"', "1e3", "1e400", "-1e400", "100.0", "NaN", "Infinity")
NO_AMOUNTS = ("true", "false", "null", "[100]", "[]", '{"fen":100}', '""', "-1", "0", "-0")
WRONG = (*NO_INTEGERS, *NO_AMOUNTS, *TOO_MUCH)
DUE = "2026-09-30"


@pytest.fixture(scope="module")
def desk(kept_desk: Desk) -> Desk:
    set_up(kept_desk.resources, STACK)
    return kept_desk


@pytest.fixture(scope="module")
def ids(desk: Desk) -> dict[str, str]:
    """Return a reservation, a use, an account of which something is frozen, and a voucher."""
    first, second = (reserved(desk, 1000) for _ in range(2))
    desk.post("officer", f"/reservations/{second}/post", {"amount_fen": 1000})
    account = "chain:own:MILL"
    desk.post("officer", f"/accounts/{account}/freeze", {"amount_fen": 9, "reason": "x"})
    return {"reservation": first, "use": second, "account": account, "voucher": held(desk, 2000)}


def reserved(desk: Desk, fen: int) -> str:
    order = {"core": "CORE1", "firm": "MILL", "product": "loan", "amount_fen": fen, "seconds": 600}
    answer = desk.post("officer", "/reservations", order)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def held(desk: Desk, fen: int) -> str:
    body = {"holder": "MILL", "amount_fen": fen, "due_on": DUE}
    voucher = str(desk.post("CORE1", "/vouchers", body).json()["id"])
    assert desk.post("MILL", f"/vouchers/{voucher}/accept").status_code == 200
    return voucher


ORDERS = {
    "reserve": (
        "/reservations",
        "officer",
        '{"core":"CORE1","firm":"MILL","product":"loan","seconds":60,"amount_fen":%s}',
    ),
    "post": ("/reservations/{reservation}/post", "officer", '{"amount_fen":%s}'),
    "release": ("/uses/{use}/release", "officer", '{"amount_fen":%s}'),
    "freeze": ("/accounts/{account}/freeze", "officer", '{"amount_fen":%s,"reason":"r"}'),
    "unfreeze": ("/accounts/{account}/unfreeze", "officer", '{"amount_fen":%s,"reason":"r"}'),
    "issue": ("/vouchers", "CORE1", '{"holder":"MILL","due_on":"2026-09-30","amount_fen":%s}'),
    "issue for": (
        "/vouchers",
        "CORE2",
        '{"holder":"PART","due_on":"2026-09-30","receivables":["R3"],"amount_fen":%s}',
    ),
    "split": ("/vouchers/{voucher}/split", "MILL", '{"parts":[1000,%s]}'),
    "pass": ("/vouchers/{voucher}/pass", "MILL", '{"holder":"ORE","amount_fen":%s}'),
}


def standing(desk: Desk) -> list[Any]:
    """Return all that orders could have moved."""
    with desk.resources.records.reading() as connection:
        number = sa.select(sa.func.max(events.c.number)).where(events.c.operation != "audit")
        return [connection.scalar(number), *connection.execute(sa.select(accounts))]


@pytest.mark.parametrize("order", ORDERS)
def test_what_is_no_amount_is_refused_whatever_is_asked(
    desk: Desk, ids: dict[str, str], order: str
) -> None:
    path, who, body = ORDERS[order]
    before = standing(desk)
    for at, amount in enumerate(WRONG):
        key = {"Idempotency-Key": f"wrong-{order.replace(' ', '-')}-{at}"}
        headers = desk.headers(who) | key | {"Content-Type": "application/json"}
        answer = desk.client.post(API + path.format(**ids), content=body % amount, headers=headers)

        assert (answer.status_code, answer.json()["code"]) == (422, "malformed"), amount
    assert standing(desk) == before


@pytest.mark.parametrize("order", ORDERS)
def test_the_largest_whole_number_is_refused_as_it_is(
    desk: Desk, ids: dict[str, str], order: str
) -> None:
    path, who, body = ORDERS[order]
    before = standing(desk)
    headers = desk.headers(who) | {"Idempotency-Key": f"most-{order.replace(' ', '-')}"}
    headers["Content-Type"] = "application/json"
    answer = desk.client.post(API + path.format(**ids), content=body % MOST, headers=headers)

    assert answer.status_code in (409, 422)
    for each in answer.json().get("accounts", ()):
        assert each["asked_fen"] == int(MOST) or each["account"].startswith("core:")
    assert standing(desk) == before


def test_what_is_written_1000_is_read_1000(desk: Desk) -> None:
    use, voucher = reserved(desk, 1000), held(desk, 1000)
    answers = [
        desk.get("officer", f"/reservations/{use}"),
        desk.post("officer", f"/reservations/{use}/post", {"amount_fen": 1000}),
        desk.get("officer", f"/vouchers/{voucher}"),
        desk.get("MILL", f"/vouchers/{voucher}/tree"),
    ]
    told = [json.loads(each.text, parse_float=str) for each in answers]
    assert [each["amount_fen"] for each in told] == [1000] * 4
    assert told[1]["left_fen"] == told[2]["held_fen"] == told[1]["path"][0]["occupied_fen"] == 1000
    assert all(type(each["amount_fen"]) is int for each in told)

    items = desk.get("officer", "/vouchers?holder=MILL").json()["items"]
    assert {each["id"]: each["amount_fen"] for each in items}[voucher] == 1000
    path = "/accounts/relation:CORE1:MILL/events"
    posted = desk.get("officer", path).json()["items"][-1]
    assert posted["after"]["posted_fen"] - posted["before"]["posted_fen"] == 1000
    parts = desk.post("MILL", f"/vouchers/{voucher}/split", {"parts": [1, 999]}).json()
    assert sorted(each["amount_fen"] for each in parts["children"]) == [1, 999]


def test_events_pages_and_files_have_the_same_1000(desk: Desk) -> None:
    use, voucher = reserved(desk, 1000), held(desk, 1000)
    with desk.resources.records.reading() as connection:
        query = sa.select(events.c.detail).where(
            events.c.subject.in_([f"use:{use}", f"voucher:{voucher}"])
        )
        details = [json.loads(row[0]) for row in connection.execute(query)]
    assert [each["amount_fen"] for each in details] == [1000] * 3

    page = desk.headers("officer") | {"Accept": "text/html"}
    shown = desk.client.get(f"{WORK}/uses/{use}", headers=page).text
    assert re.search(r"\b10\.00\b", shown)
    assert "1,000.00" not in shown
    text = desk.client.get(f"{WORK}/vouchers.csv?size=100", headers=page).text
    rows = list(csv.reader(io.StringIO(text.lstrip("\ufeff"))))
    (row,) = [each for each in rows if voucher in each]
    assert {"10", "10.0", "10.00"} & set(row)
    assert not {"1000", "1,000.00", "1000.00"} & set(row)

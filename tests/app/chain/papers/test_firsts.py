"""First pages of cores and firms: limits, what waits, what is paid when; each by its own papers."""

import datetime as dt
import re

import polars as pl
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.books.ledger import ledger_of
from app.chain.papers.ahead import to_come, to_pay
from app.chain.vouchers.endings import close
from app.chain.vouchers.payments import PaidOn, PaidVoucher, VoucherPayments
from tests.app.chain.papers.conftest import Browse, ids
from tests.app.chain.papers.test_holding import accept, issue

WEEK = "2026-07-05"
PAID = (500, "2026-07-02", "held")
RECEIVABLES = pl.DataFrame(
    {
        "receivable": ["A", "B", "C", "D"],
        "debtor": ["CORE1"] * 4,
        "creditor": ["MILL"] * 4,
        "face_fen": [100, 200, 0, 400],
        "due_on": ["2026-07-01", "2026-07-03", "2026-07-01", "2026-07-01"],
        "state": ["open", "financed", "confirmed", "disputed"],
    }
)


def figures(page: str) -> dict[str, int]:
    """Return the first figure of each code that a page shows, in fen."""
    found = re.findall(r'data-figure="(\w+)" data-fen="(\d+)"', page)
    return {name: int(fen) for name, fen in reversed(found)}


def figure(page: str, name: str) -> tuple[int, int]:
    """Return the fen and the count of a figure that is counted."""
    found = re.search(rf'data-figure="{name}" data-fen="(\d+)" data-count="(\d+)"', page)
    assert found is not None, name
    return int(found[1]), int(found[2])


@pytest.fixture
def core(browse: Browse) -> TestClient:
    return browse("issuer", "core", "CORE1")


@pytest.fixture
def mill(browse: Browse) -> TestClient:
    return browse("mill", "supplier", "MILL")


def test_what_is_owed_and_what_comes_are_told_of_the_same_papers() -> None:
    since, until = dt.date(2026, 7, 2), dt.date(2026, 7, 2)
    owed = VoucherPayments([PaidOn("2026-07-02", 1, 500)], [PaidVoucher("V", "MILL", *PAID)])
    paid = to_pay(RECEIVABLES, owed, until=dt.date(2026, 7, 3), size=3)
    comes = to_come(RECEIVABLES, owed, since=since, size=2)

    assert [(row["number"], row["party"], row["amount_fen"]) for row in paid.first] == [
        *(("A", "MILL", 100), ("V", "MILL", 500), ("B", "MILL", 200)),
    ]
    assert paid.between(None, until) == (2, 600)
    assert [row["number"] for row in comes.first] == ["V"]
    assert (comes.between(None, since - dt.timedelta(days=1)), comes.of_kind("voucher")) == (
        *((1, 100), (1, 500)),
    )
    assert comes.months(dt.date(2026, 1, 1)).rows() == [("2026-07", 2, 600)]


def test_a_core_begins_with_its_limit_and_what_it_has_to_confirm(browse: Browse) -> None:
    reader = browse("core 2", "core", "CORE2")
    assert reader.get("/").headers["location"] == "/core"
    page = reader.get("/core").text

    assert figures(page) | {"to_confirm": 0} == {
        "limit": 150_000_000,
        "occupied": 0,
        "reserved": 0,
        "available": 150_000_000,
        "to_confirm": 0,
        "due_week": 0,
    }
    assert figure(page, "to_confirm") == (100_000_000, 1)
    assert 'data-id="R3" data-days-left="1"' in page
    assert ids(page, "waits") == ["R3"]
    assert re.search(r'href="/core/payables"(?:(?!</a>).)*data-waits="1"', page, re.DOTALL)
    assert "data-binding" in page
    for address in ("/core/payables", "/core/vouchers", "/core/approvals", "/chains/CORE2", "/my"):
        assert f'href="{address}' in page, address
        assert reader.get(address).status_code == 200


def test_a_limit_that_is_frozen_is_reserved_and_said_so(browse: Browse, served: FastAPI) -> None:
    reader, ledger = browse("core 2", "core", "CORE2"), ledger_of(served.state.resources)
    ledger.freeze("core:CORE2", 30_000_000, reason="a part")
    shown = figures(reader.get("/core").text)
    assert (shown["reserved"], shown["available"]) == (30_000_000, 120_000_000)
    assert figures(reader.get("/core/payables").text) == {
        name: shown[name] for name in ("limit", "occupied", "reserved", "available")
    }
    assert 'data-state="frozen"' not in reader.get("/core").text

    ledger.freeze("core:CORE2", None, reason="all of it")
    page = reader.get("/core").text
    assert 'role="alert" data-state="frozen"' in page
    assert figures(page)["available"] == 0


def test_a_firm_begins_with_what_it_gets_and_what_waits_for_it(
    core: TestClient, mill: TestClient, served: FastAPI
) -> None:
    assert mill.get("/").headers["location"] == "/my"
    page = mill.get("/my").text
    assert set(re.findall(r'data-answer="(\w+)"', page)) == {"amount", "cost", "next", "money"}
    assert ids(page, "chains") == ["CORE1"]
    assert 'data-tree aria-label="' in page
    assert mill.get("/chains/CORE1/limits/MILL").status_code == 200
    assert '<time datetime="2026-08-01">' in page

    number = issue(core, served, "700", due_on=WEEK)
    page = mill.get("/my").text
    assert ids(page, "offered") == [number]
    assert f'href="/my/vouchers/{number}"' in page
    assert figures(page)["held"] == 0
    accept(mill, number)
    page = mill.get("/my").text
    assert ids(page, "offered") == []
    assert (figures(page)["held"], figures(page)["next_payment"]) == (70_000, 70_000)
    assert f'<b><time datetime="{WEEK}">' in page


def test_a_voucher_that_is_due_and_unpaid_stops_its_issuer_on_the_first_page(
    core: TestClient, mill: TestClient, served: FastAPI
) -> None:
    number = issue(core, served, "900", due_on="2026-07-03")
    accept(mill, number)
    page = core.get("/core").text
    before = figure(page, "due_week")
    assert "data-rule" not in page
    assert number in ids(page, "week")

    close(served.state.resources, dt.date(2026, 7, 3))  # The day itself is not moved on.
    page = core.get("/core").text
    assert 'role="alert" data-rule="core.stop_issue_on"' in page
    assert 'href="/core/vouchers?state=dishonoured#vouchers"' in page
    assert figure(page, "due_week") == before


def test_a_core_holds_paper_too_and_nobody_gets_anothers_first_page(
    core: TestClient, mill: TestClient, browse: Browse
) -> None:
    assert core.get("/my").status_code == 200
    assert [core.get(f"/my/{each}").status_code for each in ("vouchers", "receivables")] == [
        200,
        200,
    ]
    assert 'href="/my/vouchers"' in core.get("/my").text
    assert mill.get("/core").status_code == 403
    bank = browse("officer", "officer")
    assert [bank.get(each).status_code for each in ("/core", "/my")] == [403, 403]


def test_the_first_page_is_current_on_itself_alone(core: TestClient) -> None:
    def current(path: str) -> list[str]:
        """Return what the navigation marks."""
        return re.findall(r'<a href="([^"]+)" aria-current="\w+"', core.get(path).text)

    assert current("/core") == ["/core"]
    assert current("/core/payables") == ["/core/payables"]
    assert current("/my/vouchers") == ["/my"]

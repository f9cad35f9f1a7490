"""The bank's first page: what is over its facility stands first, and the sums fit."""

import csv
import io
import re

import pytest

from app.pages.cores import total_of
from app.pages.reading import Facility
from tests.app.pages.conftest import Browser
from tests.app.pages.economy import FakeReading


def facility(
    core: str, limit_fen: int | None, occupied_fen: int, reserved_fen: int = 0
) -> Facility:
    absent = "no statement of the core" if limit_fen is None else None
    occupied = None if limit_fen is None else occupied_fen
    binding = None if limit_fen is None else "cash_cap"
    left = None if limit_fen is None else max(0, limit_fen - occupied_fen - reserved_fen)
    return Facility(
        core, f"core {core}", 3, limit_fen, occupied, left, binding, absent, reserved_fen
    )


ROWS = [
    facility("EASY", 900_000_000_00, 100_000_000_00, 50_000_000_00),
    facility("OVER", 100_000_000_00, 130_000_000_00),
    facility("NONE", None, 0),
    facility("NOUGHT", 0, 70_000_000_00),
    facility("UNUSED", 0, 0),
]


@pytest.fixture
def listed(browser: Browser, reading: FakeReading) -> Browser:
    reading.facilities = lambda: ROWS  # type: ignore[method-assign]  # rows that tests need
    return browser


def order(text: str) -> list[str]:
    return re.findall(r"<small>([A-Z]+)</small></th>", text)


def test_facilities_over_their_limit_stand_first_and_unknown_ones_last(listed: Browser) -> None:
    client = listed()

    assert order(client.get("/cores").text)[:3] == ["NOUGHT", "OVER", "EASY"]
    assert order(client.get("/cores?sort=headroom").text) == [
        "NOUGHT", "OVER", "UNUSED", "EASY", "NONE",
    ]  # fmt: skip
    assert order(client.get("/cores?sort=-headroom").text)[-1] == "NONE"


def test_what_is_over_reads_as_signed_headroom(listed: Browser) -> None:
    text = listed().get("/cores").text

    assert '<td class="n over">-30.00</td>' in text
    assert '<td class="n over">-70.00</td>' in text
    assert '<td class="n">750.00</td>' in text


def test_the_sums_of_the_first_page_fit_each_other(listed: Browser) -> None:
    total = total_of(ROWS)

    assert total.limit_fen - total.occupied_fen - total.reserved_fen == total.headroom_fen
    assert total.headroom_fen == total.left_fen - total.over_fen
    assert total.headroom_fen == sum(row.headroom_fen or 0 for row in ROWS)
    text = listed("risk", "en").get("/cores").text
    assert f'value="{total.headroom_fen}"' in text
    assert "CNY 750m left; 2 over by CNY 100m" in text
    assert "besides CNY 50.0m reserved" in text


def test_the_sheet_of_cores_has_signed_headroom(listed: Browser) -> None:
    text = listed().get("/cores.csv").content.decode("utf-8-sig")
    rows = {row["id"]: row for row in csv.DictReader(io.StringIO(text))}

    assert rows["OVER"]["headroom_fen"] == "-3000000000"
    assert rows["OVER"]["available_fen"] == "0"
    assert rows["EASY"]["reserved_fen"] == "5000000000"
    assert rows["NONE"]["headroom_fen"] == ""


def test_a_filter_keeps_the_order_and_a_sort_keeps_the_filter(listed: Browser) -> None:
    text = listed().get("/cores?sort=name&query=core&version=3").text

    assert '<input type="hidden" name="sort" value="name">' in text
    assert '<input type="hidden" name="version" value="3">' in text
    assert '/cores?sort=-limit&amp;query=core&amp;version=3#list"' in text

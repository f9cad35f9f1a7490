"""The bank's first page: what is over its facility stands first, and the sums fit."""

import csv
import io
import re

from app.chain.chains.facilities import ChainFacility, total_of
from app.platform.web.money import amount, scale
from tests.app.pages.conftest import Browser


def granted(browser: Browser) -> list[ChainFacility]:
    """Return the facilities as the interface gives them."""
    rows = []
    client = browser()
    for core in client.get("/api/v1/cores").json()["items"]:
        found = client.get(f"/api/v1/chains/{core['id']}/limits").json()
        figures = dict.fromkeys(
            ("limit_fen", "occupied_fen", "reserved_fen", "available_fen", "binding")
        )
        told = found["facility"] or {}
        rows.append(
            ChainFacility(
                core=core["id"],
                name=core["name"],
                firms=core["firms"],
                absent=found.get("absent"),
                **{name: told.get(name) for name in figures},  # type: ignore[arg-type]  # as JSON has them
            )
        )
    return rows


def order(text: str) -> list[str]:
    return re.findall(r"<small>([A-Z0-9]+)</small></th>", text)


def test_facilities_over_their_limit_stand_first_and_unknown_ones_last(browser: Browser) -> None:
    client = browser()

    assert order(client.get("/cores").text)[:3] == ["NOUGHT", "OVER", "C1"]
    assert order(client.get("/cores?sort=headroom").text) == [
        "OVER", "NOUGHT", "UNUSED", "C1", "C2",
    ]  # fmt: skip
    assert order(client.get("/cores?sort=-headroom").text)[-1] == "C2"


def test_what_is_over_reads_as_signed_headroom(browser: Browser) -> None:
    text, rows = browser().get("/cores").text, granted(browser)
    unit = scale([fen for row in rows for fen in (row.limit_fen, row.occupied_fen)], "en")
    left = {row.core: row.headroom_fen for row in rows}

    assert left["NOUGHT"] == -700_000_000
    for core in ("NOUGHT", "OVER"):
        assert f'<td class="n over">{unit(left[core])}</td>' in text
        assert unit(left[core]).startswith("-")
    assert f'<td class="n">{unit(left["C1"])}</td>' in text


def test_the_sums_of_the_first_page_fit_each_other(browser: Browser) -> None:
    rows = granted(browser)
    total = total_of(rows)

    assert total.limit_fen - total.occupied_fen - total.reserved_fen == total.headroom_fen
    assert total.headroom_fen == total.left_fen - total.over_fen
    assert total.headroom_fen == sum(row.headroom_fen or 0 for row in rows)
    text = browser("risk", "en").get("/cores").text
    assert f'value="{total.headroom_fen}"' in text
    left, over = amount(total.left_fen, "en"), amount(total.over_fen, "en")
    assert f"{left} left; 2 over by {over}" in text
    assert "besides CNY 5.00m reserved" in text


def test_the_file_of_cores_has_what_the_interface_says_and_signed_headroom(
    browser: Browser,
) -> None:
    columns = "limit,occupied,reserved,headroom,available,firms,binding"
    text = browser().get(f"/cores.csv?columns={columns}").content.decode("utf-8-sig")
    rows = {row["Id"]: row for row in csv.DictReader(io.StringIO(text))}

    assert list(rows["C1"]) == [
        *("Id", "Core", "Facility (CNY)", "Occupied (CNY)", "Reserved (CNY)", "Headroom (CNY)"),
        *("Available (CNY)", "Firms", "What binds"),
    ]
    for each in granted(browser):
        said = rows[each.core]
        assert (said["Core"], said["Firms"]) == (each.name, str(each.firms))
        for words, fen in (
            ("Facility", each.limit_fen),
            ("Occupied", each.occupied_fen),
            ("Available", each.available_fen),
            ("Headroom", each.headroom_fen),
        ):
            assert said[f"{words} (CNY)"] == ("" if fen is None else f"{fen / 100:.2f}")
    assert rows["OVER"]["Headroom (CNY)"].startswith("-")
    assert rows["C1"]["Reserved (CNY)"] == "5000000.00"
    assert rows["C2"]["What binds"] == "no statement of the core"


def test_a_filter_keeps_the_order_and_a_sort_keeps_the_filter(browser: Browser) -> None:
    text = browser().get("/cores?sort=name&query=c&version=1").text

    assert '<input type="hidden" name="sort" value="name">' in text
    assert '<input type="hidden" name="version" value="1">' in text
    assert '/cores?sort=-limit&amp;query=c&amp;version=1#cores"' in text

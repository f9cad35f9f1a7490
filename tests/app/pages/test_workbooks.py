"""Lists as XLSX: real numbers in yuan, texts that stay texts, and a sheet that says what it is."""

import io

import openpyxl
import pytest
from httpx import Response

from tests.app.pages.conftest import Browser


def opened(answer: Response) -> openpyxl.Workbook:
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].endswith("spreadsheetml.sheet")
    assert answer.headers["Cache-Control"] == "no-store"
    return openpyxl.load_workbook(io.BytesIO(answer.content))


def test_limits_have_amounts_in_yuan_and_no_formula(browser: Browser) -> None:
    client = browser("risk", "en")
    book = opened(client.get("/chains/C1/limits.xlsx?where=up2"))
    rows = [list(row) for row in book["List"].iter_rows()]
    head, cells = [cell.value for cell in rows[0]], rows[1:]
    plain = client.get("/chains/C1/limits.csv?where=up2").content.decode("utf-8-sig").splitlines()

    assert head == [
        *("Id", "Firm", "Tier", "Grade", "Limit (CNY)", "Reachable (CNY)", "What binds"),
    ]  # fmt: skip
    assert len(cells) == len(plain) - 1
    named = {row[0].value: row for row in cells}
    assert named["S2"][1].value == "=HYPERLINK(1)模具厂"
    assert named["S2"][1].data_type == "s"
    yuan = next(line.split(",")[4] for line in plain[1:] if line.startswith("S2,"))
    assert f"{named['S2'][4].value:.2f}" == yuan


def test_a_workbook_says_what_was_asked_of_which_version_by_whom(browser: Browser) -> None:
    book = opened(browser("risk", "zh").get("/cores.xlsx?band=over&sort=name"))
    told = [(row[0].value, row[1].value) for row in book["说明"].iter_rows()]

    assert ("筛选", "band = over") in told
    assert ("版本", "1") in told
    assert ("下载人", "risk") in told
    assert book["列表"]["C1"].value == "链额度（元）"


@pytest.mark.parametrize("path", ["/cores.xlsx", "/firms.xlsx?query=X0", "/chains/C2/limits.xlsx"])
def test_every_list_has_its_workbook_in_both_languages(browser: Browser, path: str) -> None:
    for language in ("zh", "en"):
        assert len(opened(browser("risk", language).get(path)).sheetnames) == 2


@pytest.mark.parametrize(
    ("role", "path"),
    [("core", "/cores.xlsx"), ("supplier", "/firms.xlsx"), ("supplier", "/chains/C1/limits.xlsx")],
)
def test_a_workbook_is_for_whoever_may_see_its_list(browser: Browser, role: str, path: str) -> None:
    assert browser(role).get(path).status_code == 403  # type: ignore[arg-type]  # a role


def test_a_core_gets_no_grade(browser: Browser) -> None:
    book = opened(browser("core", "en").get("/chains/C1/limits.xlsx"))

    assert "Grade" not in [cell.value for cell in next(book["List"].iter_rows())]

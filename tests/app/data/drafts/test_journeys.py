"""In a real browser, with real children: own files become limits, a wrong file changes nothing."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from app.main import create_app
from app.platform.config import Settings
from tests.app.browsing import served_at
from tests.app.computing import Here
from tests.app.data.drafts.conftest import TAX
from tests.app.logins import add_user
from tests.chromium import launched, violations

sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright")
pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("drafts"), pytest.mark.slow]
PASSWORD = "a long enough password"  # noqa: S105  # of a user who lives for one test run
FIRMS = {"云栖整机样本有限公司": "华东重工集团有限公司", "东溪零件样本有限公司": "白云矿业有限公司"}
WAIT_MS = 60_000


@pytest.fixture(autouse=True)
def _tried_here() -> None:
    """Here files are tried by children, as they are everywhere else."""


@pytest.fixture
def address(home: Path) -> Iterator[str]:
    """The service over a copy of the small economy, as it runs for a bank."""
    app = create_app(Settings(home=home), computer=Here)
    resources = app.state.resources
    add_user(resources.records, "risk", PASSWORD, role="risk", now=resources.now())
    with served_at(app, lifespan="on") as at:
        yield at


@pytest.fixture
def page(address: str) -> Iterator[Any]:
    """A page of somebody who signed in; nothing may be complained about by the browser."""
    with launched(sync_api) as browser:
        context = browser.new_context(base_url=address, locale="en-GB")
        context.set_default_timeout(WAIT_MS)
        opened = context.new_page()
        complaints: list[str] = []
        opened.on(
            "console", lambda told: complaints.append(told.text) if told.type == "error" else 0
        )
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        opened.goto("/sign-in?next=/sources")
        opened.get_by_label("User name").fill("risk")
        opened.get_by_label("Password").fill(PASSWORD)
        opened.keyboard.press("Enter")
        opened.wait_for_url(f"{address}/sources")
        yield opened
    assert [said for said in complaints if "status of 422" not in said] == []


def workbook(path: Path, *, sheet: str = "") -> Path:
    """Write the workbook of the e-tax service with firms of the small economy."""
    book = openpyxl.load_workbook(TAX)
    for each in book.worksheets:
        for row in each.iter_rows():
            for cell in row:
                cell.value = FIRMS.get(cell.value, cell.value)  # type: ignore[arg-type]
                if isinstance(cell.value, str) and cell.value.startswith("91990"):
                    cell.value = None
    if sheet:
        book.worksheets[0].title = sheet
    book.save(path)
    return path


def settled(page: Any) -> None:
    """Wait until the preview shows what the last correction made of the rows."""
    page.locator("#preview[aria-busy]").wait_for(state="attached")
    page.locator("#preview:not([aria-busy])").wait_for(state="attached")


def test_a_workbook_of_the_tax_bureau_becomes_limits_by_pages_alone(
    page: Any, tmp_path: Path
) -> None:
    page.get_by_role("link", name="中文").click()
    page.get_by_role("link", name="导入文件").click()
    page.get_by_label("选择文件").set_input_files(
        workbook(tmp_path / "全量发票查询导出结果-2026年5月.xlsx")
    )
    page.get_by_role("button", name="查看文件").click()

    page.get_by_label("税额").wait_for()
    assert page.get_by_label("销方名称").input_value() == "seller name"
    assert violations(page) == []
    page.get_by_label("税额").focus()
    page.keyboard.press("Home")  # Not used.
    settled(page)
    assert page.evaluate("document.activeElement.id") == page.get_by_label("税额").get_attribute(
        "id"
    )
    assert page.locator("[data-trial]").get_attribute("data-used") == "2"
    page.get_by_role("link", name="说明文本").click()
    text = page.locator("#yaml").input_value()
    assert "tax: 税额" not in text

    page.get_by_role("link", name="逐列核对").click()
    page.get_by_label("来源名称").fill("own_tax")
    page.get_by_role("button", name="保存说明").click()

    page.locator("[data-changes]").wait_for()
    assert page.locator("[data-change=invoices] td").first.inner_text() == "2"
    page.get_by_role("button", name="发布").click()
    page.get_by_role("dialog").get_by_role("button", name="确认").click()
    page.get_by_role("link", name="查看额度").click()
    page.get_by_role("link", name="华东重工集团有限公司").click()
    page.get_by_text("白云矿业有限公司").first.wait_for()


@pytest.mark.slow
def test_a_wrong_file_is_told_changes_nothing_and_goes_in_once_mended(
    page: Any, tmp_path: Path, home: Path
) -> None:
    wrong = workbook(tmp_path / "wrong.xlsx", sheet="别的表")
    before = sorted(path.name for path in (home / "lake").rglob("*.json"))
    page.goto("/sources/tax_bureau_workbook")
    page.get_by_role("link", name="Try files").click()
    page.get_by_label("Choose file").set_input_files(wrong)
    page.get_by_role("button", name="Look at the files").click()

    page.get_by_text("An import would be refused as it is").wait_for()
    assert "别的表" in page.locator("#preview").inner_text()
    page.get_by_role("link", name="Preview of the import").click()
    page.get_by_text("It would be refused as it is").wait_for()
    assert page.get_by_role("button", name="Publish").count() == 0
    assert sorted(path.name for path in (home / "lake").rglob("*.json")) == before

    page.get_by_text("Other files").click()
    page.get_by_label("Choose file").set_input_files(workbook(tmp_path / "mended.xlsx"))
    page.get_by_role("button", name="Look at the files").click()
    page.get_by_role("link", name="Preview", exact=True).click()
    page.get_by_role("button", name="Publish").click()
    page.get_by_role("dialog").get_by_role("button", name="Confirm").click()
    page.get_by_text("Version 2 is published").wait_for()

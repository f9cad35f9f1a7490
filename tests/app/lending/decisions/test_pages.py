"""Pages of decisions: all of them for auditors, one with its trees, decided again."""

import re
from typing import Any

import pytest
import sqlalchemy as sa

from app.lending.decisions.tables import decisions
from app.platform.web.areas import WORK
from tests.app.chain.asking import Desk
from tests.app.chain.booked import set_up
from tests.app.lending.applications.test_asking import apply
from tests.app.lending.applications.test_pages import browser, listed, read
from tests.app.pages.conftest import token_of

ALL = "/audit"


@pytest.fixture
def desk(kept_desk: Desk) -> Desk:
    set_up(kept_desk.resources)
    return kept_desk


def decided(desk: Desk, **change: Any) -> tuple[str, str]:
    """Return the ids of an application and of its decision."""
    told = apply(desk, **change).json()
    return told["id"], told["decision"]["id"]


def test_an_auditor_replays_a_decision_and_is_told_what_differs(desk: Desk) -> None:
    application, name = decided(desk)
    ada = browser(desk, "ada", "auditor")
    page = read(ada, f"/decisions/{name}")
    assert 'data-decision="approved"' in page
    assert f"{WORK}/applications/{application}" in page
    assert re.search(r'data-id="documents" data-holds="true"', page)
    assert page.count('<ul class="tree">') == 2
    again = ada.post(f"/decisions/{name}/replay", data={"csrf": token_of(page)})
    assert (again.status_code, 'data-same="true"' in again.text) == (200, True)
    forged = ada.post(f"/decisions/{name}/replay", data={"csrf": "x"})
    assert (forged.status_code, 'data-code="csrf"' in forged.text) == (403, True)
    kept = ada.get(f"/decisions/{name}/inputs")
    assert kept.json()["id"] == name

    with desk.resources.records.writing() as connection:
        change = sa.update(decisions).where(decisions.c.decision == name)
        connection.execute(change.values(told=sa.func.replace(decisions.c.told, "0.025", "0.024")))
    other = ada.post(f"/decisions/{name}/replay", data={"csrf": token_of(page)}).text
    assert 'data-same="false"' in other
    assert re.search(r'data-id="rate".*0\.024.*0\.025', other, re.DOTALL)


def test_a_firm_reads_its_own_without_what_is_the_bank_s(desk: Desk) -> None:
    _, name = decided(desk, amount_fen=20_000_000, documents=[], product="data-credit")
    mill, part = (browser(desk, each, "supplier", each) for each in ("MILL", "PART"))
    page = read(mill, f"/decisions/{name}")
    assert 'data-decision="approved"' in page
    assert 'data-reason="limit.' in page
    for bank in ('data-list="checks"', "/replay", "/inputs", WORK, "inputs_hash"):
        assert bank not in page
    read(part, f"/decisions/{name}", 404)
    assert mill.post(f"/decisions/{name}/replay", data={"csrf": token_of(page)}).status_code == 403
    read(mill, f"/decisions/{name}/inputs", 403)


def test_decisions_are_listed_for_auditors_by_their_address(desk: Desk) -> None:
    own = {"documents": [], "product": "data-credit"}
    application, first = decided(desk, amount_fen=10_000_000, **own)
    _, second = decided(desk, amount_fen=300_000_000, **own)  # Its credit is used by then.
    ada = browser(desk, "ada", "auditor")
    assert listed(read(ada, ALL)) == [second, first]
    assert listed(read(ada, f"{ALL}?sort=event&outcome=approved")) == [first]
    assert listed(read(ada, f"{ALL}?query={application}")) == [first]
    for sort in ("decision", "-outcome", "firm", "core", "application"):
        assert len(listed(read(ada, f"{ALL}?sort={sort}"))) == 2
    assert "No decision fits these filters." in read(ada, f"{ALL}?query=nothing")
    assert len(read(ada, f"{ALL}.csv").splitlines()) == 3
    officer = browser(desk, "ann")
    assert read(officer, f"/decisions/{first}").count("/replay") == 1
    read(officer, ALL, 403)
    read(officer, "/decisions/none", 404)

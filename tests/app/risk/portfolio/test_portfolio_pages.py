"""The page of what to lend: proposed by officers, read by the bank, its duals beside limits."""

import re

import pytest
from fastapi.testclient import TestClient

from app.platform.auth.principals import Role
from app.platform.web.areas import WORK
from tests.app.chain.booked import resources_of, set_up
from tests.app.lending.servicing.test_pages import browser, read
from tests.app.pages.conftest import token_of

PLACE = WORK + "/portfolio"


def test_an_officer_has_it_proposed_and_every_limit_tells_its_price(client: TestClient) -> None:
    set_up(resources_of(client), {"relation:CORE1:ORE": 4_000_000})
    ann = browser(client, "ann")
    page = read(ann, PLACE)
    assert "Nothing was proposed yet." in page
    assert "It has not run yet." in page
    form = {"csrf": token_of(page)}
    wrong = ann.post(PLACE, data=form | {"amount": "-1"})
    assert (wrong.status_code, 'value="-1"' in wrong.text) == (422, True)
    forged = ann.post(PLACE, data={"csrf": "x"})
    assert (forged.status_code, 'data-code="csrf"' in forged.text) == (403, True)
    made = ann.post(PLACE, data=form)
    assert made.status_code == 303
    text = read(ann, made.headers["location"])
    assert re.search(r'data-figure="proposed" data-fen="[1-9]\d*"', text)
    assert "one more 1,000,000 yuan of" in text
    rows = re.findall(r'<tr data-id="([^" ]+) ([^" ]+) ([^" ]+)"', text)
    _, firm, product = rows[0]
    assert read(ann, f"{PLACE}?product={product}&sort=-gain&query={firm}").count("<tr data-id") > 0
    assert len(read(ann, f"{PLACE}.csv").splitlines()) == len(rows) + 1
    read(ann, f"{PLACE}?id=portfolio-all-1-0", 404)
    limit = read(ann, "/chains/CORE1/limits/ORE")
    assert re.search(r"data-duals.*one more 1,000,000 yuan of limit on relations", limit, re.DOTALL)
    own = browser(client, "own", "supplier", "ORE")
    assert "data-duals" not in read(own, "/chains/CORE1/limits/ORE")
    read(own, PLACE, 403)


@pytest.mark.parametrize("role", ["auditor", "risk", "admin"])
def test_others_of_the_bank_read_it_and_propose_nothing(client: TestClient, role: Role) -> None:
    reader = browser(client, role, role)
    assert '<form method="post" action="' + PLACE not in read(reader, PLACE)
    assert reader.post(PLACE, data={}).status_code == 403

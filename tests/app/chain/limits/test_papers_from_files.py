"""Part payments and registrations, from files to what is served: numbers worked out by hand."""

import datetime as dt
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.chain.runs.refreshing import refresh_version
from app.platform.config import Settings
from app.platform.deps import open_resources
from ingestion.run import ImportJob, ingest
from tests.app.conftest import NOW
from tests.app.economy import RECEIVABLES

OTHER, OWN = "另一银行股份有限公司", "示例银行股份有限公司"
REGISTERED = f"""\
登记证明编号,出质人,质权人,债务人,单证编号,登记日期,登记到期日,登记状态
G1,白云矿业有限公司,{OTHER},临江钢铁有限公司,,2026-05-01,,
G2,青石零件有限公司,{OTHER},,R3,2026-05-01,2026-06-29,有效
G3,MILL,{OTHER},,R1,2026-05-01,,注销
"""
Read = Any


@pytest.fixture
def written(home: Path) -> None:
    """1,000,000 of the 8,000,000 that CORE1 owes MILL are paid; ORE's claims are given away."""
    first, *others = RECEIVABLES.splitlines()
    rows = [f"{first},已收金额", f"{others[0]},1000000", *(f"{row}," for row in others[1:])]
    folder = home.parent / "second"
    folder.mkdir()
    (folder / "receivables.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (folder / "registrations.csv").write_text(REGISTERED, encoding="utf-8")
    with open_resources(Settings(home=home), now=lambda: NOW) as resources:
        job = ImportJob(resources.store, home, NOW, as_of=dt.date(2026, 6, 30))
        assert ingest("files", [folder], job=job).set_aside == {}
        refresh_version(resources, None, progress=lambda *_: None)


@pytest.fixture
def read(written: None, client: TestClient, bearer: Any) -> Read:
    del written

    def get(path: str, role: str = "auditor", firm: str | None = None) -> Any:
        answer = client.get(f"/api/v1/{path}", headers=bearer(role, firm))
        assert answer.status_code == 200, answer.text
        return answer.json()

    return get


def nodes(tree: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield tree
    for child in tree.get("children", ()):
        yield from nodes(child)


def first(said: Mapping[str, Any], code: str) -> Mapping[str, Any]:
    return next(node for node in nodes(said["derivation"]) if node["code"] == code)


def parts(node: Mapping[str, Any]) -> dict[str, Any]:
    return {child["code"]: child.get("value") for child in node["children"]}


def test_what_is_paid_lowers_the_document_and_what_it_occupies(read: Read) -> None:
    held = first(read("chains/CORE1/limits/MILL"), "held")

    assert (held["op"], held["value"]) == ("subtract", 700_000_000)
    assert parts(held) == {"amounts": 800_000_000, "paid": 100_000_000}
    assert held["children"][1]["source"] == {"version": 2, "table": "receivables"}
    assert read("chains/CORE1/limits")["facility"]["occupied_fen"] == 700_000_000


def test_claims_that_another_bank_has_are_told_and_bring_nothing(read: Read) -> None:
    """Of ORE on MILL: invoices of April to June, 3 x (3,333,333 + tax 433,333), cover R2."""
    claim = first(read("chains/CORE1/limits/ORE"), "claim")

    assert (claim["op"], claim["value"]) == ("subtract", 0)
    assert parts(claim) == {
        "gross": 1_129_999_800, "pledged_elsewhere": 1_129_999_800, "contra": 0
    }  # fmt: skip
    assert claim["children"][1]["source"] == {"version": 2, "table": "registrations", "count": 1}
    limits = {each["id"]: each for each in read("chains/CORE1/limits")["firms"]}
    assert (limits["ORE"]["limit_fen"], limits["ORE"]["reachable_fen"]) == (0, 0)


def test_what_has_ended_or_is_cancelled_brings_what_it_brought(read: Read) -> None:
    claim = first(read("chains/CORE2/limits/PART"), "claim")

    assert set(parts(claim)) == {"gross", "contra"}


def test_a_firm_sees_its_own_papers_and_a_core_what_it_paid(read: Read) -> None:
    own = read("chains/CORE1/limits/ORE", "supplier", "ORE")
    assert any(node["code"] == "pledged_elsewhere" for node in nodes(own["derivation"]))

    seen = read("chains/CORE1/limits/MILL", "core", "CORE1")
    told = [node for tree in seen.get("own", ()) for node in nodes(tree)]
    assert {"held", "amounts", "paid"} <= {node["code"] for node in told}


def test_the_page_tells_how_many_papers_and_from_where(
    read: Read, client: TestClient, bearer: Any
) -> None:
    del read
    path = "/chains/CORE1/limits/ORE"
    page = client.get(path, headers=bearer("auditor") | {"Accept-Language": "en"}).text

    assert "Given to others as security" in page
    assert "version 2 · registrations · papers: 1" in page


def test_who_stops_paying_owes_what_is_not_paid_yet(
    read: Read, client: TestClient, bearer: Any
) -> None:
    del read
    hits = [{"firms": ["CORE1"], "unpaid": 1}]
    posted = client.post(
        "/api/v1/scenarios", json={"name": "x", "hits": hits}, headers=bearer("risk")
    )

    said = client.get(posted.headers["location"], headers=bearer("auditor")).json()
    lost = {each["id"]: each["loss_fen"] for each in said["firms"]}
    assert lost["MILL"] == 700_000_000

"""A voucher from its core down to the third tier, financed there, paid by the core, over HTTP."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.books.ledger.proof import verify
from app.chain.limits.raising import passers, walk
from app.chain.runs.refreshing import refresh_version
from app.jobs.passes import BookFollower
from app.main import create_app
from app.platform.auth.principals import Role
from app.platform.auth.tokens import issue
from app.platform.config import Settings
from app.platform.deps import open_resources
from ingestion.run import ImportJob, ingest
from tests.app.chain.asking import Desk
from tests.app.computing import Here
from tests.app.conftest import NOW
from tests.app.economy import write_files
from tests.app.lending.servicing.financed import (
    CODE,
    closed,
    events_named,
    happened,
    lent,
    loan,
    on_file,
    paper,
    stands_on,
)

COAL = "COAL,北山煤业有限公司,false,B06,140000,small,R6,2012-01-01,,,,,,,,\n"
SOLD = "COAL-ORE-{month},2026-{month:02d}-15,COAL,ORE,1000000,130000,1130000,valid,blue,件\n"
FACE, PART, DRAWN = 60_000_000, 40_000_000, 20_000_000
DUE = "2026-08-28"
FROM_ORE = "limit/smallest/funding/documents/held/from:ORE"
NEEDED = 21_052_632  # The least of which 0.95 are DRAWN.


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Return a service over the small economy with COAL, which sells to ORE, in the third tier."""
    home = tmp_path_factory.mktemp("down") / "home"
    files = write_files(home.parent / "files")
    with (files / "firms.csv").open("a", encoding="utf-8") as firms:
        firms.write(COAL)
    with (files / "invoices.csv").open("a", encoding="utf-8") as invoices:
        invoices.writelines(SOLD.format(month=month) for month in range(1, 7))
    settings = Settings(home=home)
    with open_resources(settings, now=lambda: NOW) as resources:
        job = ImportJob(resources.store, home, NOW, lambda *_: None, as_of=dt.date(2026, 6, 30))
        ingest("files", [files], job=job)
        refresh_version(resources, None, progress=lambda *_: None)
    app = create_app(settings, now=lambda: NOW, computer=Here)
    with TestClient(app, raise_server_exceptions=False) as client:
        records, key = app.state.resources.records, settings.signing_key()

        def headers(role: Role, firm: str | None = None) -> dict[str, str]:
            token = issue(records, key, role=role, firm=firm, days=1, now=NOW)
            return {"Authorization": f"Bearer {token}"}

        yield Desk(client, headers)


def conserved(node: dict[str, Any]) -> bool:
    """Return whether face = children + financed + held at a node and at all below it."""
    live = [each for each in node["children"] if each["state"] not in ("rejected", "cancelled")]
    parts = sum(each["amount_fen"] for each in live)
    own = node["amount_fen"] == parts + node["financed_fen"] + node["held_fen"]
    return own and all(map(conserved, live))


def leaves(node: dict[str, Any]) -> list[tuple[str, int, int]]:
    """Return who has what of a tree: what is held, and what is financed."""
    own = (node["holder"], node["held_fen"], node["financed_fen"])
    found = [own] if own[1] or own[2] else []
    return found + [each for child in node["children"] for each in leaves(child)]


def grown(desk: Desk, voucher: str) -> dict[str, Any]:
    """Return a tree, at every node of which what it has sums to its face; the book verifies."""
    tree = dict(desk.get("officer", f"/vouchers/{voucher}/tree").json())
    assert conserved(tree)
    assert verify(desk.resources.records).ok
    return tree


def moved(desk: Desk, who: str, path: str, body: Any = None) -> dict[str, Any]:
    answer = desk.post(who, path, body)
    assert answer.status_code in (200, 201), answer.text
    return dict(answer.json())


def limit_of(desk: Desk, firm: str) -> dict[str, Any]:
    return dict(desk.get(firm, f"/chains/CORE1/limits/{firm}").json())


def held_by_limits(desk: Desk, firm: str) -> int:
    """Return what a firm holds on CORE1 as its limit says."""
    nodes = walk(limit_of(desk, firm)["derivation"])
    return next(int(each["value"]) for each in nodes if each["code"] == "held")


def passed(desk: Desk, who: str, voucher: str, holder: str, amount: int) -> str:
    """Return the id of what is passed on of a voucher, once its new holder has accepted it."""
    body = {"holder": holder, "amount_fen": amount}
    children = moved(desk, who, f"/vouchers/{voucher}/pass", body)["children"]
    (child,) = [each for each in children if each["state"] == "issued"]
    assert moved(desk, holder, f"/vouchers/{child['id']}/accept")["state"] == "held"
    return str(child["id"])


def passed_down(desk: Desk) -> tuple[str, str]:
    """Return a voucher that is issued, accepted, split and passed on twice, and its last part."""
    issue = {"holder": "MILL", "amount_fen": FACE, "due_on": DUE}
    root = moved(desk, "CORE1", "/vouchers", issue)["id"]
    moved(desk, "MILL", f"/vouchers/{root}/accept")
    grown(desk, root)
    halves = moved(desk, "MILL", f"/vouchers/{root}/split", {"parts": [10_000_000, 50_000_000]})
    half = next(each["id"] for each in halves["children"] if each["amount_fen"] == 50_000_000)
    grown(desk, root)
    second = passed(desk, "MILL", half, "ORE", 45_000_000)
    grown(desk, root)
    return root, passed(desk, "ORE", second, "COAL", PART)


def told_what_to_do(desk: Desk, asked: dict[str, Any]) -> None:
    """Check that COAL, which has no document, is told why not, what to do, and who can help."""
    refused = moved(desk, "COAL", "/applications", asked)
    before = limit_of(desk, "COAL")

    assert refused["state"] == "declined"
    assert refused["decision"]["reasons"][0]["code"] == "document.held"
    assert "pass on a voucher to you" in refused["decision"]["reasons"][0]["en"]
    (step,) = refused["decision"]["path_to_yes"]
    assert (step["leaf"], step["from"]) == (FROM_ORE, 0)
    assert step["to"] == 31_680_937 > NEEDED  # R1 occupies more than the core's facility.
    assert (step["amount_fen"], step["documents"]) == (DRAWN, [])
    assert (before["limit_fen"], "ORE" in passers(before)) == (0, True)


def test_a_third_tier_is_told_what_to_do_gets_a_voucher_finances_it_and_it_is_paid(
    desk: Desk,
) -> None:
    """The loan bears 20,000,000 x 0.025 x 59 / 360 = 81,944.44 until the voucher is due."""
    follower = BookFollower(desk.resources, lambda: True)
    follower.look()
    asked = {"core": "CORE1", "product": CODE, "amount_fen": DRAWN, "tenor_days": 59}
    asked |= {"repayment": "bullet", "purpose": "working_capital"}

    told_what_to_do(desk, asked)
    moved(desk, "CORE1", "/receivables/R1/settle")  # It filled the account of the core.
    assert follower.look()
    root, third = passed_down(desk)
    has = {("MILL", 10_000_000, 0), ("MILL", 5_000_000, 0), ("ORE", 5_000_000, 0)}
    assert {*leaves(grown(desk, root))} == {*has, ("COAL", PART, 0)}
    assert follower.look()
    gross = limit_of(desk, "COAL")["limit_fen"]
    assert gross > DRAWN

    on_file(desk, "COAL")
    first = lent(desk, "COAL", 1_000_000, f"voucher:{third}")
    assert follower.look() is False
    whole = {"amount_fen": 1_000_000, "prepay": True}
    assert moved(desk, "COAL", f"/loans/{first}/repayments", whole)["outstanding_fen"] == 0
    assert {*leaves(grown(desk, root))} == {*has, ("COAL", PART, 0)}
    assert follower.look()  # It is given back, and counts as it did.
    assert (limit_of(desk, "COAL")["limit_fen"], held_by_limits(desk, "COAL")) == (gross, PART)

    name = lent(desk, "COAL", DRAWN, f"voucher:{third}", tenor_days=59)
    assert {*leaves(grown(desk, root))} == {*has, ("COAL", 0, PART)}
    for what, body in (("split", {"parts": [1, PART - 1]}), ("pass", {"holder": "MILL"})):
        stuck = desk.post("COAL", f"/vouchers/{third}/{what}", body)
        assert (stuck.status_code, stuck.json()["code"]) == (409, "wrong_state")
    assert follower.look() is False  # Gross of our own loans: nothing has changed.
    assert limit_of(desk, "COAL")["limit_fen"] == gross
    again = desk.post("COAL", "/applications", asked | {"documents": [paper(f"voucher:{third}")]})
    assert again.json()["code"] == "wrong_state" or again.json()["state"] == "declined"

    closed(desk, "2026-08-27")
    assert grown(desk, root)["state"] == "matured"
    owed = loan(desk, name)["owed"]["all_fen"]
    assert owed == DRAWN + 81_944
    assert moved(desk, "CORE1", f"/vouchers/{root}/settle")["state"] == "settled"

    assert (loan(desk, name)["state"], loan(desk, name)["outstanding_fen"]) == ("repaid", 0)
    *_, paid, rest = happened(desk, name)
    assert (paid["amount_fen"], paid["document"]) == (owed, f"voucher:{third}")
    assert (rest["operation"], rest["amount_fen"]) == ("remainder", PART - owed)
    (told,) = events_named(desk.resources, "remainder")
    assert '"account":"6222 0001"' in told["detail"]
    assert stands_on(desk.resources, f"voucher:{third}")["state"] == "paid"
    assert grown(desk, root)["state"] == "settled"
    assert [desk.figures(each)["posted"] for each in ("bank", "firm:COAL")] == [0, 0]
    assert follower.look()
    assert held_by_limits(desk, "COAL") == 0


def test_what_a_path_says_is_to_be_passed_on_leads_to_yes_and_a_fen_less_does_not(
    desk: Desk,
) -> None:
    follower = BookFollower(desk.resources, lambda: True)
    follower.look()
    if desk.get("officer", "/receivables/R1").json()["state"] == "confirmed":
        moved(desk, "CORE1", "/receivables/R1/settle")  # It fills the account of the core.
        assert follower.look()
    issue = {"holder": "MILL", "amount_fen": FACE, "due_on": "2026-10-30"}
    root = moved(desk, "CORE1", "/vouchers", issue)["id"]
    moved(desk, "MILL", f"/vouchers/{root}/accept")
    theirs = passed(desk, "MILL", root, "ORE", 50_000_000)
    assert follower.look()
    asked = {"core": "CORE1", "product": CODE, "amount_fen": DRAWN, "tenor_days": 30}
    asked |= {"repayment": "bullet"}
    (step,) = moved(desk, "COAL", "/quotes", asked)["path_to_yes"]
    assert (step["leaf"], step["to"], step["amount_fen"]) == (FROM_ORE, NEEDED, DRAWN)

    offered = []
    for fen in (step["to"] - 1, step["to"]):
        mine = passed(desk, "ORE", theirs, "COAL", fen)
        assert follower.look()
        named = asked | {"documents": [paper(f"voucher:{mine}")]}
        offered.append(moved(desk, "COAL", "/quotes", named)["amount_fen"])
    assert offered == [DRAWN - 1, DRAWN]

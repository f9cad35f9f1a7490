"""Drawing a signed offer: to the account on file, through ports that forget or refuse."""

import shutil
from collections.abc import Callable
from typing import Any, Literal

import pytest
from fastapi.testclient import TestClient
from httpx import Response

from app.books.ledger import Moving, Plain, Reads, Reply, UseOrder, ledger_of
from app.books.ledger.paths import Element
from app.books.ledger.proof import verify
from app.lending.applications.tables import applications
from app.lending.contracts.errors import NoAnswer
from app.lending.contracts.tables import contracts
from app.lending.servicing import drawing
from app.lending.servicing.disbursing import Disbursement
from app.platform.deps import Resources
from tests.app.chain.booked import API, STACK, account, resources_of, send, set_up
from tests.app.conftest import Bearer
from tests.app.lending.contracts.offers import OFFER
from tests.app.lending.servicing.lent import PATH, TODAY

Headers = dict[str, str]
ORDER = {"amount_fen": 2_000_000, "account": "6222 0001"}
SIGNED = {"application": "A1", "sha256": "0" * 64, "file": "{}", "signed_on": "2026-06-30"}


class Bank:
    """A port that gives these answers in turn, then pays; it pays once for a key."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.paid: dict[str, Disbursement] = {}
        self.keys: list[str] = []

    def pay_out(self, asked: Disbursement) -> Literal["paid", "refused"]:
        self.keys.append(asked.key)
        answer = self.answers.pop(0) if self.answers else "paid"
        if answer == "refused":
            return "refused"
        if answer != "silent":
            assert self.paid.setdefault(asked.key, asked) == asked
        if answer in ("silent", "forgets"):
            raise NoAnswer("bank")
        return "paid"


@pytest.fixture
def home(kept_home: Any, tmp_path: Any) -> Any:
    """Return a folder with a published version: receivables of files are read."""
    return shutil.copytree(kept_home, tmp_path / "home")


@pytest.fixture
def resources(client: TestClient) -> Resources:
    """Return the service with a signed offer over a reservation."""
    found = resources_of(client)
    set_up(found, STACK)
    ledger = ledger_of(found)
    ledger.reserve(
        UseOrder("u1", "MILL", "data-credit", [*map(Element, PATH)], 2_000_000, core="CORE1")
    )
    row = {**OFFER, "decision": "", "state": "signed", "use": "u1", "offered_fen": 2_000_000}

    def work(moving: Moving) -> Reply:
        """Record it."""
        rows = [(applications, row), (contracts, SIGNED)]
        moving.record("test", "application:A1", rows=rows)
        return Reply.of(200, {})

    ledger.ask(Plain(Reads(), work))
    return found


@pytest.fixture
def mill(bearer: Bearer) -> Headers:
    return bearer("supplier", "MILL")


@pytest.fixture
def on_file(
    client: TestClient, resources: Resources, mill: Headers, person: Callable[[str], Headers]
) -> Headers:
    """Put the account of the firm on file, as the firm asks and an officer approves; return her."""
    headers = {**mill, "Idempotency-Key": "file"}
    asked = client.put(f"{API}/firms/MILL/account", json={"account": "6222 0001"}, headers=headers)
    assert asked.status_code == 202, asked.text
    ann = person("ann")
    done = send(client, ann, f"/approvals/{asked.json()['approval']}/approve", {})
    assert done.json()["result"]["account"] == "6222 0001"
    return ann


def drawn(client: TestClient, who: Headers, key: str = "", **changed: object) -> Response:
    return send(client, who, "/applications/A1/draw", ORDER | changed, key=key)


def test_a_signed_offer_becomes_a_loan_and_moves_with_it(
    client: TestClient, resources: Resources, mill: Headers, on_file: Headers
) -> None:
    first = drawn(client, mill, "k")
    again = drawn(client, mill, "k")

    told = first.json()
    assert first.status_code == 200, told
    assert (first.status_code, told["state"], again.text) == (200, "active", first.text)
    found = client.get(f"{API}/loans/{told['loan']}", headers=mill).json()
    assert (found["application"], found["amount_fen"], found["account"]) == (
        "A1",
        2_000_000,
        "6222 0001",
    )
    assert (found["rate"], found["drawn_on"]) == ("0.0535", str(TODAY))
    assert account(client, on_file, "chain:CORE1:MILL")["posted_fen"] == 2_000_000
    body = {"amount_fen": 2_000_000, "prepay": True}
    assert send(client, mill, f"/loans/{told['loan']}/repayments", body).status_code == 200
    assert client.get(f"{API}/applications/A1", headers=mill).json()["state"] == "repaid"
    assert verify(resources.records).ok


def test_a_draw_goes_to_the_account_on_file_whole_and_by_the_firm_alone(
    client: TestClient, resources: Resources, mill: Headers, bearer: Bearer
) -> None:
    assert drawn(client, mill).json()["rule"] == "draw.account"
    other = bearer("supplier", "PART")
    assert drawn(client, other).status_code == 404
    headers = {**other, "Idempotency-Key": "x"}
    put = client.put(f"{API}/firms/MILL/account", json={"account": "1"}, headers=headers)
    assert put.status_code == 404
    assert drawn(client, bearer("officer")).status_code == 403


def test_what_was_frozen_since_the_approval_stops_the_draw_and_is_named(
    client: TestClient, resources: Resources, mill: Headers, on_file: Headers
) -> None:
    assert drawn(client, mill, amount_fen=1).json()["rule"] == "draw.amount"
    ledger_of(resources).freeze("chain:CORE1:MILL", None, reason="red")
    refused = drawn(client, mill).json()
    assert (refused["code"], refused["accounts"][0]["account"]) == (
        "limit_exceeded",
        "chain:CORE1:MILL",
    )
    assert client.get(f"{API}/applications/A1", headers=mill).json()["state"] == "signed"


def test_a_port_that_forgets_to_answer_is_asked_again_and_pays_once(
    client: TestClient, resources: Resources, mill: Headers, on_file: Headers
) -> None:
    bank = Bank("silent", "forgets")
    resources.once("disburser", lambda: bank)
    assert drawn(client, mill, "k").json() == {"id": "A1", "state": "drawing", "loan": None}
    assert drawn(client, mill, "k").json()["state"] == "drawing"
    assert drawing.close(resources, TODAY) == 1

    assert client.get(f"{API}/applications/A1", headers=mill).json()["state"] == "active"
    assert (len(bank.paid), len(set(bank.keys)), len(bank.keys)) == (1, 1, 3)
    assert drawing.close(resources, TODAY) == 0


def test_a_draw_that_has_no_answer_yet_is_no_other_draw(
    client: TestClient, resources: Resources, mill: Headers, on_file: Headers
) -> None:
    bank = Bank("silent")
    resources.once("disburser", lambda: bank)
    assert drawn(client, mill, "k").json()["state"] == "drawing"

    other = drawn(client, mill, "l", amount_fen=1_000_000)

    assert (other.status_code, other.json()["state"]) == (409, "drawing")
    assert len(bank.keys) == 1
    assert drawn(client, mill, "m").json()["state"] == "active"


def test_a_port_that_refuses_leaves_the_offer_to_be_drawn_again_under_another_key(
    client: TestClient, resources: Resources, mill: Headers, on_file: Headers
) -> None:
    bank = Bank("refused")
    resources.once("disburser", lambda: bank)
    assert drawn(client, mill).json() == {"id": "A1", "state": "draw_failed", "loan": None}
    assert account(client, on_file, "chain:CORE1:MILL")["pending_fen"] == 2_000_000

    assert drawn(client, mill).json()["state"] == "active"
    assert len(set(bank.keys)) == 2

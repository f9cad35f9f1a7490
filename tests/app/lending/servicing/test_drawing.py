"""Drawing a signed offer: to the account on file, through ports that forget or refuse."""

import datetime as dt
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient
from httpx import Response

from app.books.business_day.closing import close_days
from app.books.ledger import Moving, Plain, Reads, Reply, UseOrder, ledger_of
from app.books.ledger.paths import Element
from app.books.ledger.proof import verify
from app.jobs.closing import STEPS
from app.lending.applications.tables import applications
from app.lending.contracts.errors import NoAnswer
from app.lending.contracts.tables import contracts
from app.lending.servicing import drawing
from app.lending.servicing.disbursing import Disbursement
from app.lending.servicing.tables import loans
from app.lending.servicing.values import LoanValues, values_today
from app.platform.deps import Resources
from tests.app.chain.booked import API, STACK, account, resources_of, send, set_up
from tests.app.conftest import Bearer
from tests.app.lending.contracts.offers import OFFER
from tests.app.lending.servicing.lent import PATH, TODAY, no_step, opened

Headers = dict[str, str]
ORDER = {"amount_fen": 2_000_000, "account": "6222 0001"}
UNDRAWN = {"id": "A1", "loan": None, "drawn_fen": 0, "left_fen": 2_000_000}
AGREED = {  # Otherwise than the policy has it, which may have moved on since it was signed.
    "rate": "0.0535",
    "repayment": "equal_principal",
    "tenor_days": None,
    "tenor_months": 3,
    "day_base": 365,
    "penalty_factor": "1.25",
}
SIGNED = {
    "application": "A1",
    "sha256": "0" * 64,
    "signed_on": "2026-06-30",
    "file": json.dumps({"contract": AGREED}),
}


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


def told(answer: Response) -> dict[str, Any]:
    """Return an answer without its checks."""
    return {name: value for name, value in answer.json().items() if name != "checks"}


def states(checks: list[dict[str, Any]]) -> dict[str, str]:
    return {each["code"].removeprefix("draw."): each["state"] for each in checks}


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


def test_a_draw_goes_to_the_account_on_file_and_by_the_firm_alone(
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
    assert drawn(client, mill, amount_fen=2_000_001).json()["rule"] == "draw.amount"
    ledger_of(resources).freeze("chain:CORE1:MILL", None, reason="red")
    refused = drawn(client, mill).json()
    assert (refused["code"], refused["accounts"][0]["account"]) == (
        "limit_exceeded",
        "chain:CORE1:MILL",
    )
    assert client.get(f"{API}/applications/A1", headers=mill).json()["state"] == "signed"


def test_a_large_draw_names_its_payee_or_is_refused_and_the_port_is_told(
    client: TestClient,
    resources: Resources,
    mill: Headers,
    on_file: Headers,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """From ten million yuan on, as the rule pack has it; here of a rule of 2,000,000 fen."""
    name, bank = "draw.entrusted_payment_min", Bank()
    resources.once("disburser", lambda: bank)
    large = {"amount_fen": 1_000_000_000}
    assert states(drawn(client, mill, **large).json()["checks"])["payee"] == "fails"
    named = drawn(client, mill, payee="ORE", **large).json()
    assert (named["rule"], states(named["checks"])["payee"]) == ("draw.amount", "holds")

    def valued(found: Resources) -> LoanValues:
        """Return what loans go by, with a rule for smaller draws."""
        values = values_today(found)
        rule = replace(values.in_force.held[name], value=2_000_000)
        held = {**values.in_force.held, name: rule}
        return values._replace(in_force=replace(values.in_force, held=held))

    monkeypatch.setattr(drawing, "values_today", valued)
    refused = drawn(client, mill)
    assert (refused.status_code, refused.json()["rule"]) == (409, "draw.payee")
    assert refused.json()["source"].startswith("Measures for working-capital loans")
    assert (told(drawn(client, mill, payee="ORE"))["state"], len(bank.paid)) == ("active", 1)
    assert next(iter(bank.paid.values())).payee == "ORE"


def test_a_port_that_forgets_to_answer_is_asked_again_and_pays_once(
    client: TestClient, resources: Resources, mill: Headers, on_file: Headers
) -> None:
    bank = Bank("silent", "forgets")
    resources.once("disburser", lambda: bank)
    assert told(drawn(client, mill, "k")) == UNDRAWN | {"state": "drawing"}
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
    assert told(drawn(client, mill)) == UNDRAWN | {"state": "draw_failed"}
    assert account(client, on_file, "chain:CORE1:MILL")["pending_fen"] == 2_000_000

    assert drawn(client, mill).json()["state"] == "active"
    assert len(set(bank.keys)) == 2


def state(client: TestClient, mill: Headers) -> str:
    return str(client.get(f"{API}/applications/A1", headers=mill).json()["state"])


def part(client: TestClient, mill: Headers, fen: int, **more: Any) -> dict[str, Any]:
    answer = drawn(client, mill, amount_fen=fen, **more)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def held(client: TestClient, who: Headers) -> tuple[int, int]:
    """Return what is pending and posted on the chain."""
    found = account(client, who, "chain:CORE1:MILL")
    return found["pending_fen"], found["posted_fen"]


def test_an_offer_is_drawn_in_parts_each_a_loan_of_its_own(
    client: TestClient, resources: Resources, mill: Headers, on_file: Headers
) -> None:
    bank = Bank("silent", "forgets")
    resources.once("disburser", lambda: bank)
    assert part(client, mill, 700_001, key="k")["state"] == "drawing"
    assert part(client, mill, 700_001, key="k")["state"] == "drawing"
    first = part(client, mill, 700_001, key="k")
    assert (first["state"], first["drawn_fen"], first["left_fen"]) == ("signed", 700_001, 1_299_999)
    assert (len(bank.paid), held(client, on_file)) == (1, (1_299_999, 700_001))
    assert part(client, mill, 700_001, key="k") == first
    assert drawn(client, mill, amount_fen=1_300_000).json()["rule"] == "draw.amount"

    bank.answers = ["refused"]
    assert part(client, mill, 1_299_999)["state"] == "draw_failed"
    last = part(client, mill, 1_299_999)
    assert (last["state"], last["left_fen"], held(client, on_file)) == ("active", 0, (0, 2_000_000))
    loans_ = client.get(f"{API}/loans?firm=MILL", headers=mill).json()["items"]
    assert sorted(each["amount_fen"] for each in loans_) == [700_001, 1_299_999]
    assert len({each["use"] for each in loans_ if each.get("use")}) in (0, 2)
    assert len({each["id"] for each in loans_}) == 2
    assert verify(resources.records).ok

    # It is repaid when both are.
    body = {"prepay": True, "amount_fen": 700_001}
    assert send(client, mill, f"/loans/{first['loan']}/repayments", body).status_code == 200
    assert state(client, mill) == "active"
    body["amount_fen"] = 1_299_999
    assert send(client, mill, f"/loans/{last['loan']}/repayments", body).status_code == 200
    assert (state(client, mill), held(client, on_file)) == ("repaid", (0, 0))
    assert verify(resources.records).ok


def test_what_is_not_drawn_when_the_offer_ends_is_free_again(
    client: TestClient, resources: Resources, mill: Headers, on_file: Headers
) -> None:
    told = part(client, mill, 500_000)
    assert close_days(resources, dt.date(2026, 7, 9), STEPS, no_step).date == dt.date(2026, 7, 10)

    found = client.get(f"{API}/applications/A1", headers=mill).json()
    assert (found["state"], found["offer"]["amount_fen"]) == ("active", 500_000)
    assert held(client, on_file) == (0, 500_000)
    refused = drawn(client, mill, amount_fen=1).json()
    assert (refused["code"], refused["state"]) == ("wrong_state", "active")
    assert client.get(f"{API}/loans/{told['loan']}", headers=mill).json()["state"] == "active"
    assert verify(resources.records).ok


def test_what_is_withdrawn_after_a_part_was_drawn_and_repaid_is_repaid(
    client: TestClient, resources: Resources, mill: Headers, on_file: Headers
) -> None:
    told = part(client, mill, 500_000)
    body = {"prepay": True, "amount_fen": 500_000}
    assert send(client, mill, f"/loans/{told['loan']}/repayments", body).status_code == 200
    assert state(client, mill) == "signed"  # The rest may be drawn still.

    assert send(client, mill, "/applications/A1/withdraw", {}).json()["state"] == "repaid"
    assert held(client, on_file) == (0, 0)


def test_a_loan_bears_what_its_contract_says_whatever_the_policy_says_today(
    client: TestClient, resources: Resources, mill: Headers, on_file: Headers
) -> None:
    loan = part(client, mill, 1_000_000)["loan"]
    with resources.records.reading() as connection:
        query = sa.select(loans.c.standing).where(loans.c.loan == loan)
        terms = json.loads(connection.execute(query).scalar_one())["terms"]
    assert {name: terms[name] for name in ("rate", "day_base", "penalty_factor")} == {
        "rate": "0.0535",
        "day_base": 365,
        "penalty_factor": "1.25",
    }
    assert (terms["repayment"], terms["months"], terms["amount_fen"]) == (
        *("equal_principal", 3, 1_000_000),
    )


def test_while_its_firm_is_stopped_an_application_is_suspended_and_may_be_repaid(
    client: TestClient, resources: Resources, mill: Headers, on_file: Headers, bearer: Bearer
) -> None:
    """One officer freezes the firm, a loan that is late leads on, two release it."""

    def stands() -> str:
        return str(client.get(f"{API}/applications/A1", headers=mill).json()["state"])

    def released(first: Headers, then: Headers) -> int:
        asked = send(client, first, "/accounts/firm:MILL/unfreeze", {"reason": "cleared"}).json()
        path = f"/approvals/{asked['approval']}/approve"
        return send(client, then, path, {}).status_code

    officer, loan = bearer("officer"), told(drawn(client, mill))["loan"]
    freeze = {"amount_fen": 1, "reason": "a part"}
    assert send(client, officer, "/accounts/firm:MILL/freeze", freeze).status_code == 200
    assert stands() == "active"  # A part of an account stops nothing.
    frozen = send(client, officer, "/accounts/firm:MILL/freeze", {"reason": "looked into"})
    assert (frozen.status_code, stands()) == (200, "suspended")
    assert drawn(client, mill, "another").json()["code"] == "wrong_state"
    paid = {"amount_fen": 500_000, "prepay": True}
    assert send(client, mill, f"/loans/{loan}/repayments", paid).status_code == 200
    assert stands() == "suspended"

    close_days(resources, dt.date(2026, 7, 31), STEPS, no_step)
    assert stands() == "overdue"  # The first of three rows was not paid.
    late = client.get(f"{API}/loans/{loan}", headers=mill).json()["due_fen"]
    assert send(client, mill, f"/loans/{loan}/repayments", {"amount_fen": late}).status_code == 200
    assert stands() == "suspended"
    assert (released(officer, on_file), stands()) == (200, "active")
    opened(resources, "L9")
    lost = send(client, officer, "/loans/L9/write-off", {"reason": "lost"}).json()
    assert send(client, on_file, f"/approvals/{lost['approval']}/approve", {}).status_code == 200
    assert stands() == "suspended"  # A write-off freezes the firm in the same order.
    assert verify(resources.records).ok


def test_an_application_goes_where_its_loan_goes(
    client: TestClient,
    resources: Resources,
    mill: Headers,
    on_file: Headers,
    person: Callable[[str], Headers],
) -> None:
    loan = part(client, mill, 2_000_000)["loan"]
    asked = send(client, on_file, f"/loans/{loan}/write-off", {"reason": "bankrupt"}).json()
    done = send(client, person("ben"), f"/approvals/{asked['approval']}/approve", {})
    assert (done.status_code, state(client, mill)) == (200, "written_off")
    lost = {"amount_fen": 2_000_000, "reference": "court"}
    asked = send(client, on_file, f"/loans/{loan}/recover", lost).json()
    done = send(client, person("ben"), f"/approvals/{asked['approval']}/approve", {})
    assert (done.status_code, state(client, mill)) == (200, "closed")
    assert verify(resources.records).ok


def test_what_is_repaid_is_closed_with_the_day_and_opened_by_what_is_taken_back(
    client: TestClient,
    resources: Resources,
    mill: Headers,
    on_file: Headers,
    person: Callable[[str], Headers],
) -> None:
    loan = part(client, mill, 2_000_000)["loan"]
    body = {"prepay": True, "amount_fen": 2_000_000}
    assert send(client, mill, f"/loans/{loan}/repayments", body).status_code == 200
    assert state(client, mill) == "repaid"
    close_days(resources, TODAY, STEPS, no_step)
    assert state(client, mill) == "closed"

    url = f"/loans/{loan}/repayments/1/reverse"
    asked = send(client, on_file, url, {"reason": "bounced"}).json()
    send(client, person("ben"), f"/approvals/{asked['approval']}/approve", {})
    assert state(client, mill) == "active"
    assert verify(resources.records).ok


CHECKED = {
    **dict.fromkeys(("signature", "account", "amount", "limit", "overdue", "purpose"), "holds"),
    **dict.fromkeys(("documents", "registration", "payee"), "not_asked"),
    **dict.fromkeys(("day_firm", "day_core", "day_bank"), "holds"),
    "colour": "not_known",
}


def test_every_check_of_a_draw_is_listed_with_its_words_and_its_figure(
    client: TestClient, resources: Resources, mill: Headers, on_file: Headers
) -> None:
    bank = Bank("silent")
    resources.once("disburser", lambda: bank)
    first = part(client, mill, 500_000, key="k")
    assert states(first["checks"]) == CHECKED
    again = part(client, mill, 500_000, key="k")
    assert (again["state"], again["checks"]) == ("signed", first["checks"])
    figures = {each["code"]: each["figure"] for each in first["checks"]}
    assert (figures["draw.amount"], figures["draw.day_core"]) == ("2000000", "500000")
    assert all(each["zh"] and each["en"] for each in first["checks"])

    refused = drawn(client, mill, amount_fen=1_500_001).json()
    assert (refused["rule"], states(refused["checks"])) == (
        *("draw.amount", CHECKED | {"amount": "fails"}),
    )
    more = {each["code"]: each["figure"] for each in refused["checks"]}
    assert more["draw.day_firm"] == "2000001"  # With what was drawn before on the day.


def test_a_firm_whose_loan_is_late_draws_no_more_and_what_is_frozen_lists_its_checks(
    client: TestClient, resources: Resources, mill: Headers, on_file: Headers
) -> None:
    opened(resources, "L1", days=2)
    close_days(resources, dt.date(2026, 7, 3), STEPS, no_step)
    refused = drawn(client, mill).json()
    assert (refused["rule"], refused["code"]) == ("draw.overdue", "rule")
    assert states(refused["checks"]) == CHECKED | {"overdue": "fails"}

    ledger_of(resources).freeze("chain:CORE1:MILL", None, reason="red")
    refused = drawn(client, mill).json()
    assert refused["code"] == "limit_exceeded"
    assert states(refused["checks"])["limit"] == "fails"


@pytest.mark.parametrize("by", ["firm", "core", "bank"])
def test_no_more_is_drawn_on_a_day_than_the_policy_has(
    client: TestClient,
    resources: Resources,
    mill: Headers,
    on_file: Headers,
    monkeypatch: pytest.MonkeyPatch,
    by: str,
) -> None:
    values = values_today(resources)
    name = f"draw_day_{by}_fen"
    rules = {**values.policy.rules, name: replace(values.policy.rule(name), value=1_000_000)}
    tight = values._replace(policy=replace(values.policy, rules=rules))
    monkeypatch.setattr(drawing, "values_today", lambda _: tight)
    assert part(client, mill, 600_000)["state"] == "signed"
    refused = drawn(client, mill, amount_fen=400_001).json()
    assert (refused["rule"], refused["source"]) == (
        f"draw.day_{by}",
        values.policy.rule(name).source,
    )
    assert part(client, mill, 400_000)["state"] == "signed"

"""What is done to loans over HTTP: paid, taken back, restructured, written off, recovered."""

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx import Response

from app.books.business_day.closing import close_days
from app.books.ledger.proof import verify
from app.jobs.closing import STEPS
from app.platform.deps import Resources
from tests.app.chain.booked import API, ORDER, PLENTY, account, resources_of, send, set_up
from tests.app.conftest import Bearer
from tests.app.lending.servicing.financed import stands_on
from tests.app.lending.servicing.lent import no_step, opened

Headers = dict[str, str]
CHAIN = "chain:CORE1:MILL"
LOANS = [each for each in STEPS if each.name in ("approvals", "loans")]


@pytest.fixture
def resources(client: TestClient) -> Resources:
    found = resources_of(client)
    set_up(found)
    return found


@pytest.fixture
def officer(person: Callable[[str], Headers]) -> Headers:
    return person("ann")


@pytest.fixture
def second(person: Callable[[str], Headers]) -> Headers:
    return person("ben")


@pytest.fixture
def mill(bearer: Bearer) -> Headers:
    return bearer("supplier", "MILL")


def closed(resources: Resources, until: str) -> None:
    """Close days up to one, of loans and approvals alone: no version is published here."""
    close_days(resources, dt.date.fromisoformat(until), LOANS, no_step)


def loan(client: TestClient, who: Headers, name: str = "L1") -> dict[str, Any]:
    return dict(client.get(f"{API}/loans/{name}", headers=who).json())


def told(client: TestClient, who: Headers) -> list[int]:
    """Return the numbers of a loan's events."""
    found = client.get(f"{API}/loans/L1/events", headers=who).json()["items"]
    return [each["number"] for each in found]


def paid(client: TestClient, who: Headers, amount_fen: int, **further: Any) -> Response:
    return send(client, who, "/loans/L1/repayments", {"amount_fen": amount_fen, **further})


def approved(client: TestClient, who: Headers, asked: Response) -> Response:
    assert asked.status_code == 202, asked.text
    return send(client, who, f"/approvals/{asked.json()['approval']}/approve", {})


def test_kind_8_more_than_is_owed_is_refused_whole_and_the_payoff_gives_every_account_back(
    client: TestClient, resources: Resources, officer: Headers, mill: Headers
) -> None:
    opened(resources, amount_fen=10_000_000, rate=Decimal("0.036"))
    closed(resources, "2026-07-14")
    before = told(client, officer)

    assert loan(client, mill)["owed"]["all_fen"] == 10_015_000
    refused = paid(client, mill, 10_015_001, prepay=True)
    assert (refused.status_code, refused.json()["rule"]) == (409, "loan.overpaid")
    undue = paid(client, mill, 1)
    assert (undue.status_code, undue.json()["code"], undue.json()["due_fen"]) == (
        409,
        "nothing_due",
        0,
    )
    assert told(client, officer) == before
    assert account(client, officer, CHAIN)["posted_fen"] == 10_000_000

    answer = paid(client, mill, 10_015_000, prepay=True).json()
    assert answer["allocation"] == {
        "fees_fen": 0,
        "penalty_fen": 0,
        "interest_overdue_fen": 0,
        "interest_fen": 15_000,
        "principal_fen": 10_000_000,
    }
    assert (answer["outstanding_fen"], answer["n"]) == (0, 1)
    assert answer["events"] == [told(client, officer)[-1] - 1, told(client, officer)[-1]]
    assert (loan(client, mill)["state"], loan(client, mill)["owed"]["all_fen"]) == ("repaid", 0)
    for each in ("bank", "firm:MILL", CHAIN, "relation:CORE1:MILL"):
        assert account(client, officer, each)["posted_fen"] == 0
    ended = paid(client, mill, 1)
    assert (ended.status_code, ended.json()["code"]) == (409, "wrong_state")
    assert verify(resources.records).ok


def test_kind_9_a_lost_answer_is_told_again_and_counts_once(
    client: TestClient, resources: Resources, mill: Headers
) -> None:
    opened(resources)
    closed(resources, "2026-09-27")
    body = {"amount_fen": 1_000_000}
    first = send(client, mill, "/loans/L1/repayments", body, key="1")
    again = send(client, mill, "/loans/L1/repayments", body, key="1")

    assert (first.text, again.headers["Idempotent-Replay"]) == (again.text, "true")
    assert loan(client, mill)["due_fen"] == 2_427_000 - 1_000_000
    happened = client.get(f"{API}/loans/L1/events", headers=mill).json()["items"]
    assert [each["operation"] for each in happened].count("loan.pay") == 1


def test_a_reference_is_one_payment_whatever_its_key(
    client: TestClient, resources: Resources, mill: Headers, officer: Headers
) -> None:
    opened(resources)
    closed(resources, "2026-09-27")

    first = paid(client, mill, 500_000, reference="R-7")
    again = paid(client, officer, 500_000, reference="R-7")
    other = paid(client, mill, 500_001, reference="R-7")
    assert (again.status_code, again.json()) == (200, first.json())
    assert again.headers["Idempotent-Replay"] == "true"
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")
    assert loan(client, mill)["due_fen"] == 2_427_000 - 500_000
    assert paid(client, mill, 500_000, reference="R-8").status_code == 200


def test_a_loan_is_paid_by_its_firm_or_an_officer_and_by_nobody_else(
    client: TestClient, resources: Resources, bearer: Bearer
) -> None:
    opened(resources)

    for who in (bearer("supplier", "PART"), bearer("core", "CORE1")):
        others = paid(client, who, 1)
        none = send(client, who, "/loans/L9/repayments", {"amount_fen": 1})
        assert others.status_code == none.status_code == 404
        assert others.json()["detail"].replace("L1", "L9") == none.json()["detail"]
    assert paid(client, bearer("auditor"), 1).status_code == 403
    for amount in (0, -1, 1.5, "1", True, None, 2**63):
        refused = send(client, bearer("officer"), "/loans/L1/repayments", {"amount_fen": amount})
        assert refused.status_code == 422, amount
    keyless = client.post(
        f"{API}/loans/L1/repayments", json={"amount_fen": 1}, headers=bearer("officer")
    )
    assert (keyless.status_code, keyless.json()["code"]) == (422, "key_required")


def test_days_overdue_go_on_and_classes_move_as_days_are_closed(
    client: TestClient, resources: Resources, officer: Headers, mill: Headers
) -> None:
    opened(resources, amount_fen=2_400_000)
    closed(resources, "2026-09-28")  # The due day: overdue from the day after.
    assert (loan(client, officer)["state"], loan(client, officer)["overdue_days"]) == ("overdue", 1)
    closed(resources, "2026-10-07")

    late = loan(client, officer)
    assert (late["class"], late["overdue_days"]) == ("special_mention", 10)
    assert late["owed"]["penalty_fen"] == 4_551  # 2,427,000 x 0.0675 x 10 / 360 = 4,550.6
    assert late["provision_fen"] == 48_000
    assert client.get(f"{API}/loans?overdue=true", headers=mill).json()["items"][0]["id"] == "L1"
    closed(resources, "2026-12-28")
    assert (loan(client, officer)["class"], loan(client, officer)["state"]) == (
        "substandard",
        "defaulted",
    )
    found = client.get(f"{API}/loans/L1/events", headers=officer).json()["items"]
    assert [each["operation"] for each in found] == ["loan.draw"] + ["loan.day"] * 4
    assert [one["what"] for one in found[1]["happened"]] == ["due"]
    assert {each["actor"] for each in found[1:]} == {"machine"}


def test_a_repayment_taken_back_is_as_if_it_had_never_come(
    client: TestClient, resources: Resources, officer: Headers, second: Headers
) -> None:
    opened(resources)
    closed(resources, "2026-09-27")
    paid(client, officer, 2_427_000, reference="R-1")
    assert (loan(client, officer)["state"], account(client, officer, CHAIN)["posted_fen"]) == (
        "repaid",
        0,
    )
    closed(resources, "2026-10-07")

    reason = {"reason": "the cheque came back"}
    asked = send(client, officer, "/loans/L1/repayments/1/reverse", reason)
    same = send(client, officer, f"/approvals/{asked.json()['approval']}/approve", {})
    assert (same.status_code, same.json()["code"]) == (409, "same_person")
    done = approved(client, second, asked)
    assert done.json()["result"] == {"loan": "L1", "state": "overdue", "outstanding_fen": 2_400_000}
    found = loan(client, officer)
    assert (found["overdue_days"], found["due_fen"]) == (10, 2_427_000 + 4_551)
    assert account(client, officer, CHAIN)["posted_fen"] == 2_400_000
    again = send(client, officer, "/loans/L1/repayments/1/reverse", reason)
    assert (again.status_code, again.json()["code"]) == (409, "already_decided")
    assert send(client, officer, "/loans/L1/repayments/7/reverse", reason).status_code == 404
    assert verify(resources.records).ok


def test_a_loan_written_off_is_recovered_up_to_what_was_lost(
    client: TestClient, resources: Resources, officer: Headers, second: Headers
) -> None:
    opened(resources)
    closed(resources, "2026-09-27")
    asked = send(client, officer, "/loans/L1/write-off", {"reason": "insolvent"})
    shown = client.get(f"{API}/approvals/{asked.json()['approval']}", headers=second).json()
    assert [(each["code"], each["before"], each["after"]) for each in shown["effect"]] == [
        ("loan_state", "active", "written_off"),
        ("outstanding", 2_400_000, 0),
        ("lost", 0, 2_427_000),
    ]
    assert approved(client, second, asked).status_code == 200

    found = loan(client, officer)
    assert (found["state"], found["class"], found["outstanding_fen"], found["lost_fen"]) == (
        "written_off",
        "loss",
        0,
        2_427_000,
    )
    assert account(client, officer, CHAIN)["posted_fen"] == 0
    assert account(client, officer, "firm:MILL")["state"] == "frozen"
    body = {"amount_fen": 2_427_000, "reference": "court 1"}
    assert approved(client, second, send(client, officer, "/loans/L1/recover", body)).json()[
        "result"
    ]["allocation"]["principal_fen"] == (2_400_000)
    over = send(client, officer, "/loans/L1/recover", {"amount_fen": 1})
    assert (over.status_code, over.json()["rule"]) == (409, "loan.overpaid")
    assert loan(client, officer)["recovered_fen"] == 2_427_000
    assert verify(resources.records).ok


def test_kind_17_what_was_paid_meanwhile_is_not_written_off(
    client: TestClient, resources: Resources, officer: Headers, second: Headers
) -> None:
    opened(resources)
    asked = send(client, officer, "/loans/L1/write-off", {"reason": "insolvent"})
    paid(client, officer, 2_400_000, prepay=True)

    late = approved(client, second, asked)
    assert (late.status_code, late.json()["code"]) == (409, "wrong_state")
    assert account(client, officer, "firm:MILL")["state"] == "open"


def test_a_restructured_loan_keeps_class_and_overdue_days_and_has_new_rows(
    client: TestClient, resources: Resources, officer: Headers, second: Headers
) -> None:
    opened(resources)
    closed(resources, "2026-10-07")
    body = {"repayment": "equal_principal", "tenor_months": 2, "rate": "0.04", "reason": "agreed"}
    unnamed = send(client, officer, "/loans/L1/restructure", body)
    assert (unnamed.status_code, unnamed.json()["rule"]) == (409, "loan.restructure")
    body |= {"capitalise": ["interest"], "waive": ["penalty"]}
    assert approved(
        client, second, send(client, officer, "/loans/L1/restructure", body)
    ).status_code == (200)

    found = loan(client, officer)
    assert (found["state"], found["class"], found["overdue_days"], found["outstanding_fen"]) == (
        "restructured",
        "special_mention",
        10,
        2_427_000,
    )
    assert (found["due_on"], found["rate"]) == ("2026-12-08", "0.04")
    assert account(client, officer, CHAIN)["posted_fen"] == 2_400_000  # What was drawn.
    rows = client.get(f"{API}/loans/L1/schedule", headers=officer).json()["items"]
    assert [each["principal_fen"] for each in rows] == [1_213_500, 1_213_500]
    assert verify(resources.records).ok


def test_a_loan_is_paid_out_of_a_reservation_by_two_officers(
    client: TestClient, resources: Resources, officer: Headers, second: Headers
) -> None:
    set_up(resources, {"bank": PLENTY})
    use = send(client, officer, "/reservations", ORDER).json()["id"]
    body = {
        "reservation": use,
        "amount_fen": 2_000_000,
        "rate": "0.05",
        "repayment": "bullet",
        "tenor_days": 30,
        "account": "6222",
        "reason": "agreed on paper",
    }
    asked = send(client, officer, "/loans", body)
    twice = send(client, officer, "/loans", body)
    assert (twice.status_code, twice.json()["code"]) == (409, "wrong_state")
    name = approved(client, second, asked).json()["result"]["loan"]

    found = loan(client, officer, name)
    assert (found["amount_fen"], found["use"], found["rate"]) == (2_000_000, use, "0.05")
    assert account(client, officer, CHAIN)["posted_fen"] == 2_000_000
    mine = send(client, officer, f"/reservations/{use}/void")
    assert (mine.status_code, mine.json()["code"]) == (409, "wrong_state")
    for changed in ({"rate": "1.5"}, {"tenor_days": None}, {"amount_fen": "1"}, {"repayment": "x"}):
        assert send(client, officer, "/loans", body | changed).status_code == 422, changed
    assert send(client, officer, "/loans", body | {"reservation": "none"}).status_code == 404


def test_a_loan_stands_on_the_voucher_of_a_file_until_it_is_repaid(
    client: TestClient, resources: Resources, officer: Headers, second: Headers
) -> None:
    set_up(resources, {"bank": PLENTY})
    paper = {"documents": [{"kind": "voucher", "number": "V1"}], "amount_fen": 1_000_000}
    use = send(client, officer, "/reservations", ORDER | paper).json()["id"]
    body = {"reservation": use, "amount_fen": 1_000_000, "rate": "0.05", "repayment": "bullet"}
    more = {"tenor_days": 30, "account": "6222", "reason": "agreed on paper"}

    asked = send(client, officer, "/loans", body | more)
    name = approved(client, second, asked).json()["result"]["loan"]

    assert stands_on(resources, "voucher:V1")["state"] == "lent"
    assert account(client, officer, "voucher:V1")["posted_fen"] == 1_000_000
    paid = {"amount_fen": 1_000_000, "prepay": True}
    assert send(client, officer, f"/loans/{name}/repayments", paid).status_code == 200
    assert stands_on(resources, "voucher:V1")["state"] == "freed"
    assert account(client, officer, "voucher:V1")["posted_fen"] == 0
    assert verify(resources.records).ok

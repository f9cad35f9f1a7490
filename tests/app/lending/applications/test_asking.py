"""Asking over HTTP: decided at once, kept with its offer in one order, counted once."""

from typing import Any

import pytest

from app.books.ledger import AccountLedger
from app.books.ledger.proof.verifying import verify
from app.lending.decisions import service as decisions
from tests.app.chain.asking import Desk
from tests.app.chain.booked import set_up
from tests.app.lending.applications.asked import put

ORDER: dict[str, Any] = {
    "core": "CORE1",
    "product": "document-finance",
    "amount_fen": 2_000_000,
    "tenor_days": 90,
    "repayment": "bullet",
    "documents": [{"kind": "receivable", "number": "R1"}],
    "purpose": "working_capital",
}


@pytest.fixture
def desk(kept_desk: Desk) -> Desk:
    set_up(kept_desk.resources)
    return kept_desk


def apply(desk: Desk, who: str = "MILL", **change: Any) -> Any:
    return desk.post(who, "/applications", ORDER | change)


def paper(desk: Desk, name: str = "R1") -> str:
    found = desk.get("officer", "/receivables?creditor=MILL&debtor=CORE1").json()["items"]
    return next(str(each["state"]) for each in found if each["number"] == name)


def test_what_is_approved_holds_its_path_and_its_documents_are_financing(desk: Desk) -> None:
    answer = apply(desk)
    read = answer.json()

    assert (answer.status_code, read["state"], read["decision"]["outcome"]) == (
        *(201, "approved", "approved"),
    )
    assert read["offer"] == {
        "amount_fen": 2_000_000,
        "rate": "0.025",
        "until": "2026-07-10",
        "drawn_fen": 0,
    }
    held = [desk.figures(each)["pending"] for each in ("bank", "chain:CORE1:MILL", "receivable:R1")]
    assert held == [2_000_000] * 3
    assert paper(desk) == "financing"
    assert verify(desk.resources.records).ok

    kept = desk.get("officer", f"/decisions/{read['decision']['id']}").json()
    assert (kept["application"], kept["reasons"]) == (read["id"], read["decision"]["reasons"])
    replayed = desk.client.post(
        f"/api/v1/decisions/{kept['id']}/replay", headers=desk.headers("officer")
    )
    assert replayed.json()["same"] is True

    use = desk.get("officer", f"/applications/{read['id']}").json()["use"]
    alone = desk.post("officer", f"/reservations/{use}/void")
    assert (alone.status_code, alone.json()["code"]) == (409, "wrong_state")
    desk.post("MILL", f"/applications/{read['id']}/withdraw")
    assert (paper(desk), desk.figures("receivable:R1")["pending"]) == ("confirmed", 0)
    assert verify(desk.resources.records).ok


def test_what_was_decided_is_kept_with_it_and_comes_out_the_same(desk: Desk) -> None:
    read = apply(desk).json()
    name = read["decision"]["id"]
    kept = desk.get("officer", f"/decisions/{name}").json()
    again = desk.post("officer", f"/decisions/{name}/replay").json()

    assert {each: kept[each] for each in read["decision"]} == read["decision"]
    assert (kept["application"], again["same"], again["differs"]) == (read["id"], True, [])
    assert verify(desk.resources.records).ok


def test_a_document_that_carries_one_offer_carries_no_other(desk: Desk) -> None:
    assert apply(desk, amount_fen=1_000_000).json()["state"] == "approved"
    before = desk.count()
    again = apply(desk, amount_fen=1_000_000)
    assert (again.status_code, again.json()["code"]) == (409, "wrong_state")
    assert again.json()["state"] == "financing"
    assert desk.count() == before


def test_the_same_key_counts_once_and_another_body_is_refused(desk: Desk) -> None:
    first = desk.post("MILL", "/applications", ORDER, key="once")
    before = desk.count()
    again = desk.post("MILL", "/applications", ORDER, key="once")
    other = desk.post("MILL", "/applications", ORDER | {"amount_fen": 1_000_000}, key="once")

    assert (again.text, again.headers["Idempotent-Replay"]) == (first.text, "true")
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")
    assert desk.count() == before


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"amount_fen": 0}, 422, "malformed"),
        ({"amount_fen": 100.5}, 422, "malformed"),
        ({"amount_fen": "100"}, 422, "malformed"),
        ({"amount_fen": True}, 422, "malformed"),
        ({"amount_fen": 2**63}, 422, "malformed"),
        ({"tenor_days": None}, 422, "malformed"),
        ({"odd": 1}, 422, "malformed"),
        ({"documents": ORDER["documents"] * 2}, 422, "malformed"),
        ({"amount_fen": 1}, 409, "rule"),
        ({"repayment": "equal_principal", "tenor_months": 3, "tenor_days": None}, 409, "rule"),
        ({"purpose": "acquisition"}, 409, "rule"),
        ({"purpose": "dividends"}, 409, "rule"),
        ({"core": "own", "documents": []}, 409, "rule"),
        ({"product": "none"}, 404, "not_found"),
        ({"firm": "MAKER"}, 404, "not_found"),
    ],
)
def test_what_is_malformed_or_outside_the_product_leaves_nothing(
    desk: Desk, change: dict[str, Any], status: int, code: str
) -> None:
    before = desk.count()
    firm = change.get("firm", "MILL")
    answer = apply(desk, **{**change, "firm": firm})
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert desk.count() == before


def test_an_officer_asks_for_a_firm_and_others_may_not(desk: Desk) -> None:
    assert apply(desk, "officer").status_code == 422
    assert apply(desk, "risk", firm="MILL").status_code == 403
    read = apply(desk, "officer", firm="MILL").json()
    assert (read["firm"], read["state"], bool(read["use"])) == ("MILL", "approved", True)


def test_a_firm_has_so_many_that_may_still_be_drawn(desk: Desk) -> None:
    assert apply(desk, documents=[]).json()["state"] == "declined"  # It counts no more.
    for name in ("o1", "o2", "o3"):
        put(desk.resources, name, "referred")
    before = desk.count()
    refused = apply(desk)
    assert (refused.status_code, refused.json()["rule"]) == (409, "open_applications")
    assert desk.count() == before
    desk.post("MILL", "/applications/o2/withdraw")
    assert apply(desk).status_code == 201


def test_what_lacks_by_then_is_decided_anew(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    decide, tries = decisions.decide, []

    def and_take(*given: Any, **named: Any) -> Any:
        """Decide; somebody takes room of the chain right after."""
        decided = decide(*given, **named)
        if not tries:
            desk.open_account("chain:CORE1:MILL", 500_000)
        tries.append(decided.decision.amount_fen)
        return decided

    monkeypatch.setattr(decisions, "decide", and_take)
    read = apply(desk).json()

    assert tries == [2_000_000, 500_000]
    assert (read["state"], read["offer"]["amount_fen"]) == ("approved", 500_000)


def test_an_answer_that_was_lost_is_given_again_and_asked_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    ask, lost = AccountLedger.ask, []

    def and_lose(ledger: AccountLedger, order: Any) -> Any:
        """Do it; what is answered is lost once, as where the process is killed."""
        answer = ask(ledger, order)
        if not lost:
            lost.append(answer)
            raise ConnectionError("killed")
        return answer

    monkeypatch.setattr(AccountLedger, "ask", and_lose)
    assert desk.post("MILL", "/applications", ORDER, key="lost").status_code == 500
    before = desk.count()
    again = desk.post("MILL", "/applications", ORDER, key="lost")

    assert (again.status_code, again.text) == (201, lost[0].text)
    assert again.headers["Idempotent-Replay"] == "true"
    assert desk.count() == before
    assert desk.figures("receivable:R1")["pending"] == ORDER["amount_fen"]
    assert verify(desk.resources.records).ok

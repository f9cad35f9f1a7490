"""What confirming refuses and only warns of, and who does it alone, with another, or not at all."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from app.chain.receivables import service
from app.chain.receivables.files import of_version
from app.platform.auth.principals import RoleScope
from app.platform.auth.tokens import Bearer as TokenBearer
from app.platform.auth.tokens import issue_to
from tests.app.chain.asking import Desk
from tests.app.conftest import NOW

FACE = 100_000_000  # Of each: PART on CORE2, open.
LARGE = 1_000_000_000
Told = Callable[..., None]


@pytest.fixture
def told(kept_desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Told:
    """Return a function that lets the files tell of receivables like R3, as they are given."""
    desk = kept_desk
    files = of_version(desk.resources, desk.resources.version())
    like = files.find("R3")

    def tell(*rows: dict[str, Any]) -> None:
        given = [{**like, "number": each["receivable"], **each} for each in rows]  # type: ignore[dict-item]  # it is there
        frame = pl.DataFrame(given, files.rows.schema).sort("receivable")
        known = replace(files, rows=frame)
        monkeypatch.setattr(service, "of_version", lambda *_: known)
        monkeypatch.setattr("app.chain.receivables.confirming.of_version", lambda *_: known)

    return tell


@pytest.fixture(scope="module", autouse=True)
def desk(kept_desk: Desk) -> Desk:
    kept_desk.open_account("core:CORE2", 100 * LARGE)
    return kept_desk


def second(desk: Desk, name: str, role: Any = "core", firm: str | None = "CORE2") -> str:
    """Let somebody else of the core ask; return how they are called."""
    key = desk.resources.settings.signing_key()
    holder = TokenBearer(name, RoleScope(role, firm))
    desk.use(name, issue_to(desk.resources.records, key, holder, days=1, now=NOW))
    return name


@pytest.mark.parametrize("state", ["paid", "void", "elsewhere", "disputed", "confirmed"])
def test_what_is_not_open_is_not_confirmed(desk: Desk, told: Told, state: str) -> None:
    told({"receivable": f"S-{state}", "state": state})
    before = desk.count()

    refused = desk.post("CORE2", f"/receivables/S-{state}/confirm")

    assert (refused.status_code, refused.json()["code"]) == (409, "wrong_state")
    assert (refused.json()["state"], refused.json()["allowed"]) == (state, ["open"])
    assert desk.count() == before


@pytest.mark.parametrize(("issued_on", "warned"), [("2026-05-31", False), ("2026-05-30", True)])
def test_past_its_days_a_confirmation_is_warned_of_and_done(
    desk: Desk, told: Told, issued_on: str, *, warned: bool
) -> None:
    number = f"L-{issued_on}"
    told({"receivable": number, "issued_on": issued_on})

    done = desk.post("CORE2", f"/receivables/{number}/confirm")

    assert (done.status_code, done.json()["state"]) == (200, "confirmed")
    rules = [(each["rule"], each["numbers"]) for each in done.json()["warnings"]]
    assert rules == [("receivable.confirm_days", [number])] * warned


@pytest.mark.parametrize("reason", ["", " ", "\n\t", None, 7, "x" * 1001])
def test_a_dispute_says_why(desk: Desk, told: Told, reason: object) -> None:
    told({"receivable": "W"})
    before = desk.count()

    refused = desk.post("CORE2", "/receivables/W/dispute", {"reason": reason})

    assert (refused.status_code, refused.json()["code"]) == (422, "malformed")
    assert desk.count() == before


def test_nothing_takes_a_confirmation_back(desk: Desk, told: Told) -> None:
    told({"receivable": "F"})
    desk.post("CORE2", "/receivables/F/confirm")
    desk.open_account("receivable:F", FACE)

    assert desk.post("CORE2", "/receivables/F/unconfirm").status_code in (404, 405)
    for act, body in (("dispute", {"reason": "late"}), ("withdraw-dispute", None)):
        refused = desk.post("CORE2", f"/receivables/F/{act}", body)
        assert refused.status_code == 409
    frozen = desk.post("officer", "/accounts/receivable:F/freeze", {"reason": "doubt"})
    assert frozen.json()["state"] == "frozen"  # The bank stops it so, and nobody else.
    replaced = desk.post(
        "CORE2", "/vouchers", {"holder": "PART", "due_on": "2026-09-30", "receivables": ["F"]}
    )
    assert replaced.json()["state"] == "frozen"


@pytest.mark.parametrize(("faces", "status"), [((LARGE,), 202), ((LARGE - 1,), 200)])
def test_one_large_sum_needs_two_of_the_core(
    desk: Desk, told: Told, faces: tuple[int, ...], status: int
) -> None:
    number = f"A-{faces[0]}"
    told({"receivable": number, "amount_fen": faces[0]})

    assert desk.post("CORE2", f"/receivables/{number}/confirm").status_code == status


def test_the_sum_of_several_needs_two_of_the_core_and_they_alone_check_it(
    desk: Desk, told: Told
) -> None:
    half = LARGE // 2
    told(*({"receivable": f"B{n}", "amount_fen": half} for n in range(3)))
    alone = desk.post("CORE2", "/receivables/confirm", {"numbers": ["B0"]})
    assert alone.status_code == 200
    posted = desk.figures("core:CORE2")["posted"]

    opened = desk.post("CORE2", "/receivables/confirm", {"numbers": ["B1", "B2"]})
    assert opened.status_code == 202
    place = f"/approvals/{opened.json()['approval']}/approve"
    assert desk.post("CORE2", place).json()["code"] == "same_person"
    assert desk.post("officer", place).status_code == 403
    assert desk.post("CORE1", place).status_code == 404
    assert desk.figures("core:CORE2")["posted"] == posted

    done = desk.post(second(desk, "su"), place)
    assert done.json()["result"] == {"numbers": ["B1", "B2"], "amount_fen": LARGE}
    assert desk.figures("core:CORE2")["posted"] == posted + LARGE
    assert desk.post(second(desk, "su"), place).json()["code"] == "already_decided"


def test_what_a_file_says_is_paid_of_it_is_no_part_of_the_sum(desk: Desk, told: Told) -> None:
    told({"receivable": "P"})
    desk.post("CORE2", "/receivables/P/dispute", {"reason": "quantity"})
    desk.post("CORE2", "/receivables/P/withdraw-dispute")  # The book knows it, unpaid.
    told(
        {"receivable": "P", "paid_fen": FACE // 4}, {"receivable": "Q", "amount_fen": LARGE - FACE}
    )

    done = desk.post("CORE2", "/receivables/confirm", {"numbers": ["P", "Q"]})

    assert (done.status_code, done.json()["amount_fen"]) == (200, LARGE - FACE // 4)


def test_approved_then_it_is_judged_as_it_stands_now(desk: Desk, told: Told) -> None:
    told({"receivable": "J", "amount_fen": LARGE})
    opened = desk.post("CORE2", "/receivables/J/confirm")
    assert opened.status_code == 202
    desk.post("CORE2", "/receivables/J/dispute", {"reason": "returned"})
    before, posted = desk.count(), desk.figures("core:CORE2")["posted"]

    place = f"/approvals/{opened.json()['approval']}"
    refused = desk.post(second(desk, "su"), f"{place}/approve")

    assert (refused.status_code, refused.json()["code"]) == (409, "wrong_state")
    assert (desk.count(), desk.figures("core:CORE2")["posted"]) == (before, posted)
    assert desk.get("CORE2", place).json()["state"] == "open"
    again = desk.post("CORE2", "/receivables/J/withdraw-dispute")
    assert again.json()["state"] == "open"
    assert desk.post("su", f"{place}/approve").json()["state"] == "approved"


def test_all_or_none_of_several_names_each_and_the_first_s_code(desk: Desk, told: Told) -> None:
    told(
        {"receivable": "N1", "state": "paid"},
        {"receivable": "N2"},
        {"receivable": "N3", "debtor": "CORE1"},
    )
    before = desk.count()

    refused = desk.post("CORE2", "/receivables/confirm", {"numbers": ["N1", "N2", "N3", "N4"]})

    assert (refused.status_code, refused.json()["code"]) == (409, "wrong_state")
    assert refused.json()["items"] == [
        {"number": "N1", "code": "wrong_state"},
        {"number": "N3", "code": "not_found"},
        {"number": "N4", "code": "not_found"},
    ]
    assert desk.count() == before

"""What one person asks for and another one approves: who may, when, once, and validated again."""

import datetime as dt

import pytest
import sqlalchemy as sa

from app.books.approvals import expire_open
from app.books.errors import WrongState
from app.books.ledger import ledger_of
from app.platform.auth.principals import Role
from app.platform.events.tables import events
from app.platform.http.keys import REPLAYED
from tests.app.books.approvals.conftest import CORE, FIRM, Bank, move_to, told

RICH = 10**13
YUAN = 100


def operations_of(bank: Bank, name: str) -> list[tuple[str, str]]:
    """Return what happened to an approval, and by whom, in order."""
    query = sa.select(events.c.operation, events.c.actor).where(
        events.c.subject == f"approval:{name}"
    )
    with bank.resources.records.reading() as connection:
        return [(row[0], row[1]) for row in connection.execute(query.order_by(events.c.number))]


def test_what_one_asks_for_happens_once_another_approves(bank: Bank) -> None:
    lin, mo = bank.token("lin"), bank.token("mo")
    name = bank.ask(lin)
    assert bank.frozen() == RICH
    shown = bank.get(mo, f"/{name}").json()
    assert (shown["maker"], shown["reason"], shown["state"]) == ("lin", "回款已到", "open")
    assert shown["effect"] == [
        {"code": "frozen", "thing": FIRM, "before": RICH, "after": RICH - 100, "unit": "fen"}
    ]
    assert (shown["made_on"], shown["expires_on"]) == ("2026-06-30", "2026-07-10")

    answer = bank.send(mo, f"{name}/approve", reason="ok")

    assert (answer.status_code, answer.json()["state"]) == (200, "approved")
    assert answer.json()["result"] == {"account": FIRM, "frozen_fen": RICH - 100}
    assert (answer.json()["decided_by"], answer.json()["decision"]) == ("mo", "ok")
    assert bank.frozen() == RICH - 100
    assert operations_of(bank, name) == [("approval.open", "lin"), ("approval.approve", "mo")]
    assert bank.get(lin, f"/{name}").json() | {"result": 0} == answer.json() | {"result": 0}


@pytest.mark.parametrize(
    ("role", "unit"), [("officer", "head"), ("officer", "branch"), ("admin", "head")]
)
def test_the_same_person_never_approves_whatever_they_come_with(
    bank: Bank, role: Role, unit: str
) -> None:
    name = bank.ask(bank.token("lin"))
    again = bank.token("lin", role, unit=unit)

    assert told(bank.send(again, f"{name}/approve")) == (409, "same_person")
    assert bank.frozen() == RICH
    assert bank.get(again, f"/{name}").json()["state"] == "open"


def test_tokens_that_name_nobody_are_one_person(bank: Bank) -> None:
    name = bank.ask(bank.token(None))

    assert told(bank.send(bank.token(None), f"{name}/approve")) == (409, "same_person")
    assert bank.send(bank.token(None, "admin"), f"{name}/approve").status_code == 200


def test_a_second_approval_or_one_after_a_rejection_is_decided_already(bank: Bank) -> None:
    lin, mo, wu = bank.token("lin"), bank.token("mo"), bank.token("wu")
    name = bank.ask(lin)
    assert bank.send(mo, f"{name}/approve").status_code == 200
    for path in ("approve", "reject"):
        for who in (lin, mo, wu):
            answer = bank.send(who, f"{name}/{path}")
            assert told(answer) == (409, "already_decided")
            assert answer.json()["state"] == "approved"
    assert bank.frozen() == RICH - 100

    other = bank.ask(lin)
    assert bank.send(wu, f"{other}/reject", reason="no").json()["state"] == "rejected"
    assert told(bank.send(mo, f"{other}/approve")) == (409, "already_decided")
    assert bank.frozen() == RICH - 100


def test_the_same_key_is_answered_as_the_first_time(bank: Bank) -> None:
    mo = bank.token("mo")
    name = bank.ask(bank.token("lin"))
    first = bank.send(mo, f"{name}/approve", key="k")
    again = bank.send(mo, f"{name}/approve", key="k")
    other = bank.send(mo, f"{name}/approve", key="k", reason="other")

    assert (again.status_code, again.content) == (200, first.content)
    assert again.headers[REPLAYED] == "true"
    assert told(other) == (422, "key_reused")
    bare = bank.client.post(
        f"/api/v1/approvals/{name}/reject", headers={"Authorization": f"Bearer {mo}"}
    )
    assert told(bare) == (422, "key_required")


def test_its_maker_may_withdraw_it(bank: Bank) -> None:
    lin = bank.token("lin", unit="outlet")
    name = bank.ask(lin, amount_fen=RICH)

    assert bank.send(lin, f"{name}/reject").json()["state"] == "rejected"
    assert operations_of(bank, name)[-1] == ("approval.reject", "lin")
    bank.ask(lin, amount_fen=RICH)  # Nothing of the kind is open.


def test_one_is_open_for_a_thing_and_an_action(bank: Bank) -> None:
    lin, mo = bank.token("lin"), bank.token("mo")
    name = bank.ask(lin)

    with pytest.raises(WrongState) as refused:
        bank.ask(mo)
    assert (refused.value.code, refused.value.status) == ("wrong_state", 409)
    bank.ask(mo, CORE)
    bank.send(mo, f"{name}/reject")
    bank.ask(mo)


@pytest.mark.parametrize(
    ("amount_fen", "unit", "needs"),
    [
        (1_000_000 * YUAN, "outlet", None),
        (1_000_001 * YUAN, "outlet", "technology"),
        (3_000_000 * YUAN, "technology", None),
        (3_000_001 * YUAN, "specialised", "branch"),
        (10_000_001 * YUAN, "branch", "head"),
        (10_000_001 * YUAN, "head", None),
        (1, "a unit that is gone", "a unit of the bank"),
    ],
)
def test_officers_approve_as_far_as_their_unit_reaches(
    bank: Bank, amount_fen: int, unit: str, needs: str | None
) -> None:
    name = bank.ask(bank.token("lin", unit="outlet"), amount_fen=amount_fen)

    answer = bank.send(bank.token("mo", unit=unit), f"{name}/approve")

    if needs is None:
        assert answer.status_code == 200
    else:
        assert told(answer) == (409, "not_authorised")
        assert answer.json()["needs"] == needs
        assert bank.frozen() == RICH


def test_what_is_approved_is_validated_again(bank: Bank) -> None:
    lin, mo = bank.token("lin"), bank.token("mo")
    name = bank.ask(lin, amount_fen=RICH)
    ledger_of(bank.resources).unfreeze(FIRM, 1, reason="by others")

    answer = bank.send(mo, f"{name}/approve")

    assert told(answer) == (409, "wrong_state")
    assert bank.frozen() == RICH - 1
    assert bank.get(mo, f"/{name}").json()["state"] == "open"  # It may be withdrawn.
    assert operations_of(bank, name) == [("approval.open", "lin")]


def test_the_people_of_a_core_check_what_is_its_own_and_nobody_else(bank: Bank) -> None:
    maker, checker = bank.token("a", "core", "CORE1"), bank.token("b", "core", "CORE1")
    name = bank.ask(maker, CORE, core="CORE1")
    other = bank.token("c", "core", "CORE2")
    of_bank = bank.ask(bank.token("lin"))

    assert bank.get(checker, f"/{name}").json()["level"] is None
    assert told(bank.send(maker, f"{name}/approve")) == (409, "same_person")
    for path in (name, of_bank, "nothing"):
        told_other = [bank.get(other, f"/{path}"), bank.send(other, f"{path}/approve")]
        assert {told(each) for each in told_other} == {(404, "not_found")}
    assert told(bank.get(checker, f"/{of_bank}")) == (404, "not_found")
    assert told(bank.send(bank.token("mo"), f"{name}/approve")) == (403, "forbidden")
    assert [each["id"] for each in bank.get(checker).json()["items"]] == [name]
    assert bank.get(other).json()["items"] == []
    assert bank.send(checker, f"{name}/approve").status_code == 200
    assert bank.frozen(CORE) == RICH - 100


@pytest.mark.parametrize(
    ("role", "firm", "reads", "decides"),
    [
        ("risk", None, 200, 403),
        ("auditor", None, 200, 403),
        ("supplier", "MILL", 403, 403),
        ("admin", None, 200, 200),
    ],
)
def test_roles_read_and_decide_as_far_as_they_may(
    bank: Bank, role: Role, firm: str | None, reads: int, decides: int
) -> None:
    name = bank.ask(bank.token("lin"))
    who = bank.token("other", role, firm)

    assert bank.get(who).status_code == bank.get(who, f"/{name}").status_code == reads
    assert bank.send(who, f"{name}/reject").status_code == decides


def test_an_approval_ends_with_its_last_day_swept_or_not(bank: Bank) -> None:
    lin, mo = bank.token("lin"), bank.token("mo")
    name = bank.ask(lin)
    move_to(bank.resources, "2026-07-10")
    assert bank.get(mo, f"/{name}").json()["state"] == "open"
    move_to(bank.resources, "2026-07-11")

    assert bank.get(mo, f"/{name}").json()["state"] == "expired"
    assert [each["id"] for each in bank.get(mo, "?state=open").json()["items"]] == []
    assert [each["id"] for each in bank.get(mo, "?state=expired").json()["items"]] == [name]
    assert bank.send(mo, f"{name}/approve").json()["state"] == "expired"
    again = bank.ask(mo)  # The last one stands in nobody's way.
    ended = [
        expire_open(bank.resources, day) for day in (dt.date(2026, 7, 9), dt.date(2026, 7, 10))
    ]
    assert ended == [0, 1]
    assert operations_of(bank, name)[-1] == ("approval.expire", "machine")
    assert bank.get(mo, f"/{again}").json()["state"] == "open"


def test_lists_go_page_by_page_and_by_who_made_them(bank: Bank) -> None:
    lin, mo = bank.token("lin"), bank.token("mo")
    first, second = bank.ask(lin), bank.ask(mo, CORE)

    page = bank.get(lin, "?size=1").json()
    assert [each["id"] for each in page["items"]] == [second]
    rest = bank.get(lin, f"?size=1&cursor={page['next']}").json()
    assert ([each["id"] for each in rest["items"]], rest["next"]) == ([first], None)
    mine, others = bank.get(lin, "?mine=true").json(), bank.get(lin, "?mine=false").json()
    assert [each["id"] for each in mine["items"]] == [first]
    assert [each["id"] for each in others["items"]] == [second]
    for wrong in ("?state=done", "?mine=perhaps", "?cursor=x"):
        assert told(bank.get(lin, wrong)) == (422, "malformed")
    bad = bank.send(lin, f"{first}/reject", reason=7)
    assert told(bad) == (422, "malformed")


@pytest.mark.postgres
def test_approvals_are_kept_on_postgresql_as_well(bank_on_postgres: Bank) -> None:
    bank = bank_on_postgres
    lin, mo = bank.token("lin"), bank.token("mo")
    first, second = bank.ask(lin), bank.ask(lin, CORE)
    with pytest.raises(WrongState):
        bank.ask(mo)

    assert told(bank.send(lin, f"{first}/approve")) == (409, "same_person")
    assert bank.send(mo, f"{first}/approve").json()["state"] == "approved"
    assert bank.frozen() == RICH - 100
    move_to(bank.resources, "2026-07-11")
    assert expire_open(bank.resources, dt.date(2026, 7, 10)) == 1
    states = {each["id"]: each["state"] for each in bank.get(mo).json()["items"]}
    assert states == {first: "approved", second: "expired"}

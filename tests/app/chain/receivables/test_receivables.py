"""Receivables over the interface: read by whom, confirmed, disputed, settled, refused."""

from collections.abc import Callable
from dataclasses import replace

import polars as pl
import pytest

from app.books.errors import LimitExceeded
from app.books.ledger.withholding import withheld
from app.chain.receivables.files import FileReceivables, of_version
from app.chain.receivables.following import follow
from app.platform.auth.principals import Principal, RoleScope
from app.platform.auth.tokens import Bearer as TokenBearer
from app.platform.auth.tokens import issue_to
from app.platform.config import Settings
from tests.app.chain.asking import Desk

FACE = 100_000_000  # R3: PART on CORE2, open.


@pytest.fixture
def core(desk: Desk) -> Desk:
    desk.open_account("core:CORE2", 150_000_000)
    return desk


def test_each_reads_its_own_and_the_bank_all(desk: Desk) -> None:
    def numbers(who: str, query: str = "") -> list[str]:
        answer = desk.get(who, f"/receivables{query}")
        assert answer.status_code == 200, answer.text
        return [each["number"] for each in answer.json()["items"]]

    assert numbers("officer") == ["R1", "R2", "R3"]
    assert numbers("officer", "?state=open") == ["R2", "R3"]
    assert numbers("officer", "?debtor=MILL") == ["R2"]
    assert numbers("officer", "?creditor=PART&due_before=2026-09-02") == ["R3"]
    assert numbers("officer", "?due_before=2026-08-01") == []
    assert numbers("CORE1") == ["R1"]
    assert numbers("MILL") == ["R1", "R2"]
    assert numbers("MILL", "?debtor=CORE2") == []
    assert desk.get("CORE1", "/receivables/R3").status_code == 404
    assert (
        desk.get("CORE1", "/receivables/R3").json()["detail"].replace("R3", "X")
        == desk.get("CORE1", "/receivables/X").json()["detail"]
    )


def test_pages_hold_all_and_none_twice(desk: Desk) -> None:
    desk.open_account("core:CORE2", FACE)
    desk.post("CORE2", "/receivables/R3/confirm")
    found, cursor = [], ""
    while cursor is not None:
        page = desk.get("officer", f"/receivables?size=1{cursor and '&cursor='}{cursor}").json()
        found += page["items"]
        cursor = page["next"]

    assert [(each["number"], each["state"]) for each in found] == [
        ("R1", "confirmed"),
        ("R2", "open"),
        ("R3", "confirmed"),
    ]


def test_a_confirmation_occupies_the_core_and_a_settlement_gives_it_back(core: Desk) -> None:
    answer = core.post("CORE2", "/receivables/R3/confirm", key="one")

    assert (answer.status_code, answer.json()["state"]) == (200, "confirmed")
    assert core.figures("core:CORE2")["posted"] == FACE
    again = core.post("CORE2", "/receivables/R3/confirm", key="one")
    assert (again.text, again.headers["Idempotent-Replay"]) == (answer.text, "true")
    assert core.post("CORE2", "/receivables/R3/confirm").json()["code"] == "wrong_state"
    disputed = core.post("CORE2", "/receivables/R3/dispute", {"reason": "late"}).json()
    assert (disputed["code"], disputed["rule"]) == ("rule", "confirm.final")

    core.open_account("receivable:R3", 95_000_000)
    settled = core.post("CORE2", "/receivables/R3/settle")
    assert settled.json()["state"] == "paid"
    assert core.figures("core:CORE2")["posted"] == 0
    assert core.figures("receivable:R3")["state"] == 2
    assert core.post("CORE2", "/receivables/R3/settle").json()["code"] == "wrong_state"


def test_a_confirmation_that_the_account_lacks_is_refused_and_names_it(desk: Desk) -> None:
    before = desk.count()
    refused = desk.post("CORE2", "/receivables/R3/confirm")

    assert (refused.status_code, refused.json()["code"]) == (409, "limit_exceeded")
    assert refused.json()["accounts"] == [
        {"account": "core:CORE2", "available_fen": 0, "asked_fen": FACE}
    ]
    assert desk.count() == before


def test_somebody_elses_is_not_there_and_other_roles_may_not(core: Desk) -> None:
    other = core.post("CORE1", "/receivables/R3/confirm")
    unknown = core.post("CORE1", "/receivables/NONE/confirm")

    assert other.status_code == unknown.status_code == 404
    assert other.json()["detail"].replace("R3", "NONE") == unknown.json()["detail"]
    assert core.post("PART", "/receivables/R3/confirm").status_code == 403
    assert core.post("risk", "/receivables/R3/settle").status_code == 403
    headers = core.headers("CORE2")
    bare = core.client.post("/api/v1/receivables/R3/confirm", headers=headers)
    assert (bare.status_code, bare.json()["code"]) == (422, "key_required")


def test_a_dispute_counts_until_it_is_withdrawn(core: Desk) -> None:
    disputed = core.post("CORE2", "/receivables/R3/dispute", {"reason": "quantity"})

    assert disputed.json()["state"] == "disputed"
    assert core.post("CORE2", "/receivables/R3/confirm").json()["allowed"] == ["open"]
    read = core.get("officer", "/receivables/R3").json()
    assert read["differences"] == [{"field": "state", "file": "open", "platform": "disputed"}]
    assert core.post("CORE2", "/receivables/R3/withdraw-dispute").json()["state"] == "open"
    assert core.post("CORE2", "/receivables/R3/withdraw-dispute").json()["code"] == "wrong_state"
    assert core.post("CORE2", "/receivables/R3/confirm").status_code == 200
    assert core.post("CORE2", "/receivables/R3/dispute", {"reason": ""}).status_code == 422


def test_of_several_all_are_confirmed_or_none(core: Desk) -> None:
    before = core.count()
    refused = core.post("CORE2", "/receivables/confirm", {"numbers": ["R3", "R1"]})

    assert (refused.status_code, refused.json()["code"]) == (409, "not_found")
    assert refused.json()["items"] == [{"number": "R1", "code": "not_found"}]
    assert core.count() == before
    twice = core.post("CORE2", "/receivables/confirm", {"numbers": ["R3", "R3"]})
    assert twice.status_code == 422
    done = core.post("CORE2", "/receivables/confirm", {"numbers": ["R3"]}).json()
    assert (done["amount_fen"], [each["state"] for each in done["items"]]) == (FACE, ["confirmed"])


def test_what_a_file_confirmed_is_settled_without_touching_what_is_posted(desk: Desk) -> None:
    desk.open_account("core:CORE1", 10**9, 800_000_000)
    assert desk.post("CORE1", "/receivables/R1/confirm").json()["code"] == "wrong_state"

    assert desk.post("CORE1", "/receivables/R1/settle").json()["state"] == "paid"
    figures = desk.figures("core:CORE1")
    assert (figures["posted"], figures["outside"]) == (0, 800_000_000)


def test_a_large_sum_and_an_officer_need_a_second_person(core: Desk, settings: Settings) -> None:
    opened = core.post("officer", "/receivables/R3/confirm")
    assert opened.status_code == 202
    approval = f"/approvals/{opened.json()['approval']}"
    assert core.get("officer", "/receivables/R3").json()["state"] == "open"
    same = core.post("officer", f"{approval}/approve", {"reason": ""})
    assert same.json()["code"] == "same_person"
    key, now = settings.signing_key(), core.resources.now()
    second = TokenBearer("mo", RoleScope("officer"))
    core.use("mo", issue_to(core.resources.records, key, second, days=1, now=now))

    done = core.post("mo", f"{approval}/approve", {"reason": ""})
    assert (done.status_code, done.json()["state"]) == (200, "approved"), done.text
    assert core.get("CORE2", "/receivables/R3").json()["state"] == "confirmed"
    assert core.figures("core:CORE2")["posted"] == FACE


def told(desk: Desk, **said: object) -> Callable[[], FileReceivables]:
    """Return the receivables of the files, R3 with what another version would say of it."""
    files = of_version(desk.resources, desk.resources.version())
    words = {name: pl.lit(value) for name, value in said.items()}
    mine = pl.col("receivable") == "R3"
    columns = [pl.when(mine).then(word).otherwise(name).alias(name) for name, word in words.items()]
    changed = replace(files, rows=files.rows.with_columns(columns).select(files.rows.columns))
    return lambda: changed


@pytest.mark.parametrize("word", ["paid", "void"])
def test_a_file_that_ends_what_was_confirmed_here_gives_the_face_back(
    core: Desk, word: str
) -> None:
    core.post("CORE2", "/receivables/R3/confirm")
    core.open_account("receivable:R3", 95_000_000)

    assert follow(core.resources, told(core, state=word)) == 1
    assert core.figures("core:CORE2")["posted"] == 0
    assert core.figures("receivable:R3")["state"] == 2
    assert core.get("officer", "/receivables/R3").json()["state"] == word
    assert follow(core.resources, told(core, state=word)) == 0
    assert core.post("CORE2", "/receivables/R3/settle").json()["code"] == "wrong_state"


def test_what_others_finance_is_owed_until_it_is_paid(core: Desk) -> None:
    core.post("CORE2", "/receivables/R3/confirm")
    core.open_account("receivable:R3", 95_000_000)

    assert follow(core.resources, told(core, state="elsewhere")) == 1
    assert core.figures("core:CORE2")["posted"] == FACE
    assert core.figures("receivable:R3")["state"] == 2
    assert follow(core.resources, told(core, state="paid")) == 1
    assert core.figures("core:CORE2")["posted"] == 0


def test_a_file_that_says_more_is_paid_lowers_face_and_posted_amount(core: Desk) -> None:
    core.post("CORE2", "/receivables/R3/confirm")
    core.open_account("receivable:R3", 80_000_000)

    assert follow(core.resources, told(core, paid_fen=FACE // 4)) == 1
    assert core.figures("core:CORE2")["posted"] == FACE * 3 // 4
    assert core.figures("receivable:R3")["total"] == 60_000_000
    shown = core.get("officer", "/receivables/R3").json()
    assert (shown["state"], shown["face_fen"]) == ("confirmed", FACE * 3 // 4)
    assert {"field": "paid_fen", "file": "0", "platform": str(FACE // 4)} in shown["differences"]
    assert follow(core.resources, told(core, paid_fen=FACE // 5)) == 0
    core.post("CORE2", "/receivables/R3/settle")
    assert core.figures("core:CORE2")["posted"] == 0


def test_what_others_finance_and_is_paid_in_part_gives_that_part_back(core: Desk) -> None:
    core.post("CORE2", "/receivables/R3/confirm")

    assert follow(core.resources, told(core, state="elsewhere", paid_fen=FACE // 4)) == 1
    assert core.figures("core:CORE2")["posted"] == FACE * 3 // 4
    assert follow(core.resources, told(core, state="elsewhere", paid_fen=FACE // 4)) == 0
    assert follow(core.resources, told(core, state="elsewhere", paid_fen=FACE // 2)) == 1
    assert core.figures("core:CORE2")["posted"] == FACE // 2


def test_files_change_nothing_that_a_voucher_of_ours_replaced(core: Desk) -> None:
    draft = {"holder": "PART", "due_on": "2026-09-30", "receivables": ["R3"], "recourse": False}
    assert core.post("CORE2", "/vouchers", draft).status_code == 201

    assert follow(core.resources, told(core, state="paid", paid_fen=FACE)) == 0
    assert core.figures("core:CORE2")["posted"] == FACE


def test_accounts_of_others_are_layers_without_figures_to_a_core_and_a_firm(core: Desk) -> None:
    names = ["bank", "core:CORE2", "firm:PART", "chain:CORE2:PART", "voucher:X"]
    lacking = [{"account": each, "available_fen": 1, "asked_fen": 2} for each in names]

    def told(who: Principal) -> list[str]:
        refused = withheld(LimitExceeded(lacking), core.resources, who)
        assert str(refused).count("has 1 fen") == str(refused.further).count("available_fen")
        return [each["layer"] for each in refused.further["accounts"] if "layer" in each]

    assert told(Principal("lin", "officer")) == []
    assert told(Principal("mo", "core", "CORE2")) == ["bank", "firm", "chain", "document"]
    assert told(Principal("mo", "supplier", "PART")) == ["bank", "core", "document"]
    assert told(Principal("mo", "supplier", "ORE")) == ["bank", "core", "firm", "chain", "document"]


def test_keys_of_two_firms_do_not_meet(core: Desk) -> None:
    core.open_account("core:CORE1", 10**9, 800_000_000)
    first = core.post("CORE2", "/receivables/R3/confirm", key="1")
    other = core.post("CORE1", "/receivables/R1/settle", key="1")

    assert (first.status_code, other.status_code) == (200, 200)
    assert "Idempotent-Replay" not in other.headers
    assert core.post("CORE2", "/receivables/R3/settle", key="1").json()["code"] == "key_reused"

"""Operations of the ledger: what they move, what they refuse, and that a key counts once."""

import datetime as dt
import math
import threading
from fractions import Fraction

import pytest
import sqlalchemy as sa

from app.books.errors import AlreadyDecided, BookRefusal, LimitExceeded, RuleBroken, WrongState
from app.books.ledger import (
    AccountLedger,
    Element,
    Key,
    Moving,
    Plain,
    Reads,
    Reply,
    UseOrder,
    documents,
    operations,
)
from app.books.ledger.proof import verify
from app.books.ledger.tables import accounts, uses
from app.platform.errors import Absent, KeyReused
from app.platform.events.tables import events
from app.platform.records import Records
from tests.app.books.ledger.conftest import NOW, Clock, SetUp, asked


def figures(records: Records, account: str) -> tuple[int, int, int]:
    """Return what of an account is posted, pending and frozen."""
    query = sa.select(accounts.c.posted, accounts.c.pending, accounts.c.frozen)
    with records.reading() as connection:
        found = connection.execute(query.where(accounts.c.account == account)).one()
    return found.posted, found.pending, found.frozen


def count(records: Records) -> int:
    """Return how many events there are."""
    with records.reading() as connection:
        return int(connection.scalar(sa.select(sa.func.count()).select_from(events)) or 0)


def test_shares_are_rounded_when_taken_and_come_back_whole(
    ledger: AccountLedger, records: Records, totals: SetUp
) -> None:
    totals(bank=10**9, firm_F=10**9, core_C=10**9)
    ledger.reserve(asked("U", 1_000_001))
    assert figures(records, "core:C") == (0, 500_001, 0)
    ledger.post("U", 1_000_001)

    left = []
    for _ in range(3):
        ledger.release("U", 1)
        left.append((figures(records, "core:C")[0], figures(records, "firm:F")[0]))
    ledger.release("U", 999_998)

    assert left == [(500_000, 1_000_000), (500_000, 999_999), (499_999, 999_998)]
    assert {figures(records, each) for each in ("bank", "firm:F", "core:C")} == {(0, 0, 0)}


def divided(ledger: AccountLedger, use: str, fen: int, into: str) -> None:
    def work(moving: Moving) -> Reply:
        """Return nothing."""
        operations.divide(moving, use, fen, into)
        return Reply.of(200, None)

    ledger.ask(Plain(Reads(rows={uses: [use, into]}), work))


def test_parts_of_a_reservation_never_add_up_to_more_or_less_than_the_whole(
    ledger: AccountLedger, records: Records, totals: SetUp
) -> None:
    """Three parts of odd fen of one, half of each on the core: nothing moves until one is used."""
    totals(bank=10**9, firm_F=10**9, core_C=10**9)
    ledger.reserve(asked("U", 1_000_001))
    whole = figures(records, "core:C")
    divided(ledger, "U", 333_333, "A")
    divided(ledger, "U", 333_335, "B")
    assert figures(records, "core:C") == whole == (0, 500_001, 0)

    for name, fen in (("B", 333_335), ("U", 333_333), ("A", 333_333)):
        ledger.post(name, fen)
    assert figures(records, "core:C") == (500_001, 0, 0)
    ledger.release("B", 333_334)
    for name, fen in (("A", 333_333), ("U", 333_333), ("B", 1)):
        ledger.release(name, fen)
    assert {figures(records, each) for each in ("bank", "firm:F", "core:C")} == {(0, 0, 0)}
    assert verify(records).ok


def test_what_is_no_part_of_a_reservation_is_refused(ledger: AccountLedger, totals: SetUp) -> None:
    totals(bank=10**9, firm_F=10**9, core_C=10**9)
    for name in ("U", "V"):
        ledger.reserve(asked(name, 10))
    for fen in (0, 10, 11):
        with pytest.raises(RuleBroken):
            divided(ledger, "U", fen, "A")
    with pytest.raises(AlreadyDecided):
        divided(ledger, "U", 5, "V")
    ledger.post("U", 10)
    with pytest.raises(AlreadyDecided):
        divided(ledger, "U", 5, "A")


@pytest.mark.parametrize(
    ("amount", "share", "steps"),
    [
        (1_000_001, Fraction(1, 2), (1, 1, 1)),
        (7, Fraction(1, 3), (1, 2, 3)),
        (999_983, Fraction(3, 7), (333_333, 1, 333_333, 2)),
        (1, Fraction(1, 1000), ()),
    ],
)
def test_whatever_the_share_and_the_steps_an_account_keeps_what_the_rest_would_take(
    ledger: AccountLedger,
    records: Records,
    totals: SetUp,
    amount: int,
    share: Fraction,
    steps: tuple[int, ...],
) -> None:
    totals(bank=10**9, core_C=10**9)
    path = [Element("bank"), Element("core:C", *share.as_integer_ratio())]
    ledger.reserve(UseOrder("U", "F", "P", path, amount))
    ledger.post("U", amount)
    left = amount
    for step in (*steps, amount - sum(steps)):
        ledger.release("U", step)
        left -= step
        assert figures(records, "bank")[0] == left
        assert figures(records, "core:C")[0] == math.ceil(left * share)
    assert left == 0


def test_a_post_of_less_frees_the_rest_on_every_account(
    ledger: AccountLedger, records: Records, totals: SetUp
) -> None:
    totals(bank=10**9, firm_F=10**9, core_C=10**9)
    ledger.reserve(asked("U", 4_000_000))

    answer = ledger.post("U", 1_500_000)

    assert answer.document["left_fen"] == 1_500_000
    assert figures(records, "bank") == figures(records, "firm:F") == (1_500_000, 0, 0)
    assert figures(records, "core:C") == (750_000, 0, 0)
    for again in (lambda: ledger.post("U", 1), lambda: ledger.void("U")):
        with pytest.raises(AlreadyDecided):
            again()


def test_every_account_that_lacks_is_named_and_nothing_moves(
    ledger: AccountLedger, records: Records, totals: SetUp
) -> None:
    totals(bank=10**9, firm_F=99, core_C=10)
    before = count(records)

    with pytest.raises(LimitExceeded) as refused:
        ledger.reserve(asked("U", 100))

    assert refused.value.further["accounts"] == [
        {"account": "firm:F", "available_fen": 99, "asked_fen": 100},
        {"account": "core:C", "available_fen": 10, "asked_fen": 50},
    ]
    assert figures(records, "bank") == (0, 0, 0)
    assert count(records) == before
    with pytest.raises(Absent):
        ledger.void("U")


def test_a_reservation_past_its_time_is_gone_swept_or_not(
    ledger: AccountLedger, records: Records, totals: SetUp, clock: Clock
) -> None:
    totals(bank=100, firm_F=100, core_C=100)
    ledger.reserve(asked("U", 100, expires_at=NOW + dt.timedelta(seconds=60)))
    with pytest.raises(WrongState):
        ledger.expire("U")
    clock.moment += dt.timedelta(seconds=60)

    with pytest.raises(AlreadyDecided):
        ledger.post("U", 100)
    ledger.reserve(asked("V", 100))

    assert figures(records, "bank") == (0, 100, 0)
    with pytest.raises(AlreadyDecided):
        ledger.void("U")


def test_a_key_counts_once_and_a_refusal_is_told_again(
    ledger: AccountLedger, records: Records, totals: SetUp
) -> None:
    totals(bank=100, firm_F=100, core_C=100)
    key = Key("officer  ann", "1", "body")
    first = ledger.reserve(asked("U", 60), key=key)
    number = count(records)
    again = ledger.reserve(asked("other", 60), key=key)
    assert (again.text, again.replayed) == (first.text, True)
    assert count(records) == number
    with pytest.raises(KeyReused):
        ledger.reserve(asked("U", 60), key=Key("officer  ann", "1", "another body"))

    refused = Key("officer  ann", "2", "body")
    with pytest.raises(LimitExceeded):
        ledger.reserve(asked("V", 60), key=refused)
    ledger.void("U")
    with pytest.raises(BookRefusal) as told:
        ledger.reserve(asked("V", 60), key=refused)
    assert (told.value.code, told.value.replayed) == ("limit_exceeded", True)
    assert told.value.further["accounts"][0]["available_fen"] == 40

    assert not ledger.reserve(asked("W", 60), key=Key("officer  bob", "1", "body")).replayed


def test_what_is_frozen_refuses_uses_and_lets_them_go(
    ledger: AccountLedger, records: Records, totals: SetUp
) -> None:
    totals(bank=100, firm_F=100, core_C=100)
    ledger.reserve(asked("U", 40))
    with pytest.raises(LimitExceeded) as refused:
        ledger.freeze("firm:F", 61, reason="signal")
    assert refused.value.further["accounts"][0]["available_fen"] == 60
    ledger.freeze("firm:F", 60, reason="signal")
    with pytest.raises(LimitExceeded):
        ledger.reserve(asked("V", 1))
    ledger.freeze("bank", None, reason="stop")
    with pytest.raises(LimitExceeded) as shut:
        ledger.post("U", 40)
    assert [each["account"] for each in shut.value.further["accounts"]] == ["bank"]

    ledger.void("U")
    assert figures(records, "firm:F") == (0, 0, 60)
    with pytest.raises(RuleBroken):
        ledger.unfreeze("firm:F", 61, reason="over")
    ledger.unfreeze("firm:F", 60, reason="over")
    ledger.unfreeze("bank", None, reason="over")
    ledger.reserve(asked("V", 100))


def test_a_total_below_what_is_used_leaves_an_excess_in_which_a_post_still_goes(
    ledger: AccountLedger, records: Records, totals: SetUp
) -> None:
    totals(bank=100, firm_F=100, core_C=100)
    ledger.reserve(asked("U", 80))
    totals(firm_F=50)
    with pytest.raises(LimitExceeded):
        ledger.reserve(asked("V", 1))

    ledger.post("U", 80)

    assert figures(records, "firm:F") == (80, 0, 0)
    ledger.release("U", 31)
    ledger.reserve(asked("V", 1))


def test_uses_move_to_other_accounts_with_all_that_they_occupy(
    ledger: AccountLedger, records: Records, totals: SetUp
) -> None:
    totals(bank=100, firm_F=100, core_C=100, core_D=10)
    ledger.reserve(asked("U", 80))
    ledger.transfer("U", {"core:C": "core:D"})
    assert figures(records, "core:C") == (0, 0, 0)
    assert figures(records, "core:D") == (0, 40, 0)
    ledger.void("U")
    assert figures(records, "core:D") == (0, 0, 0)


def test_what_is_paid_past_a_documents_part_leaves_the_last_one(
    ledger: AccountLedger, records: Records, totals: SetUp
) -> None:
    names = ["receivable:R", "voucher:V", "voucher:W"]
    totals(**{name.replace(":", "_"): 10**6 for name in names})
    path = documents([("receivable:R", 300), ("voucher:V", 100), ("voucher:W", 100)])
    ledger.reserve(UseOrder("U", "F", "P", path, 500))
    ledger.post("U", 500)

    with pytest.raises(Absent):
        ledger.release("U", 1, document="voucher:X")
    left = []
    for amount, document in ((150, "voucher:V"), (320, "receivable:R")):
        ledger.release("U", amount, document=document)
        left.append([figures(records, name)[0] for name in names])

    assert left == [[300, 0, 50], [0, 0, 30]]


def test_what_is_no_amount_is_refused_and_nothing_moves(
    ledger: AccountLedger, records: Records, totals: SetUp
) -> None:
    totals(bank=100, firm_F=100, core_C=100)
    before = count(records)
    for amount in (0, -1, -(2**63)):
        for bad in (
            lambda amount=amount: ledger.reserve(asked("U", amount)),
            lambda amount=amount: ledger.freeze("bank", amount, reason="r"),
            lambda amount=amount: ledger.unfreeze("bank", amount, reason="r"),
            lambda amount=amount: totals(bank=amount - 1),
        ):
            with pytest.raises(RuleBroken):
                bad()
    assert count(records) == before


def test_of_eight_at_once_those_go_that_fit(
    ledger: AccountLedger, records: Records, totals: SetUp
) -> None:
    totals(bank=10**9, firm_F=10_000_000, core_C=10**9)
    told: list[object] = []

    def draw(number: int) -> None:
        try:
            told.append(ledger.reserve(asked(f"U{number}", 3_000_000)).status)
        except LimitExceeded as refused:
            told.append(refused.further["accounts"])

    threads = [threading.Thread(target=draw, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    lacks = [{"account": "firm:F", "available_fen": 1_000_000, "asked_fen": 3_000_000}]
    assert sorted(told, key=str) == sorted([201] * 3 + [lacks] * 5, key=str)
    assert figures(records, "firm:F") == (0, 9_000_000, 0)
    assert verify(records).ok


def test_paths_that_cross_neither_wait_for_each_other_nor_pass_a_cap(
    ledger: AccountLedger, records: Records, totals: SetUp
) -> None:
    totals(receivable_R=10_000_000, voucher_V=10_000_000)
    ends: list[str] = []

    def draw(number: int) -> None:
        parts = [("receivable:R", 1_000_000), ("voucher:V", 1_000_000)]
        path = documents(parts if number % 2 else parts[::-1])
        try:
            ledger.reserve(UseOrder(f"U{number}", "F", "P", path, 2_000_000))
        except LimitExceeded as refused:
            ends.append("+".join(sorted(each["account"] for each in refused.further["accounts"])))
        else:
            ends.append("held")

    callers = [threading.Thread(target=draw, args=(number,)) for number in range(64)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(60)

    assert sorted(ends) == ["held"] * 10 + ["receivable:R+voucher:V"] * 54
    assert figures(records, "receivable:R") == figures(records, "voucher:V") == (0, 10_000_000, 0)

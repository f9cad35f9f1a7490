"""
What a bank, a core and its suppliers have to be able to do, told once for interface and pages.

Nobody looks into the records: each step is one of a person who is signed in.
"""

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import pytest

from tests.journeys.people import Answer, Asked, Login, Person, Refused, Way, nodes, sums

ACCOUNT = "6222 0001"
GIVES_UP_SECONDS, LOOKS_SECONDS, ASKS_MAX = 60.0, 0.05, 20
FACE_FEN, HALVES_FEN, PARTS_FEN = 2_000_000, (800_000, 1_200_000), (500_000, 700_000)
SMALL_FEN, LARGE_FEN, RECOMMENDED_FEN = 2_000_000, 400_000_000, 100_000_000
FROZEN_FEN = 12_345
Enter = Callable[[Login], Person]


@dataclass(frozen=True, slots=True)
class Cast:
    """Who plays in a story, on which papers."""

    core: Login
    supplier: Login  # Sells to the core.
    chain: Sequence[Login]  # One of each of three tiers, who sells to the one before.
    borrower: Login  # Sells in the chain of `trade`, and is lent on that.
    trade: str
    declined: Login  # Has a claim on the core that is not confirmed.
    officers: Sequence[Login]
    payable: str  # What the core owes the supplier, open.
    due_on: str  # When vouchers fall due.
    lent_fen: int  # What the third tier borrows on its voucher.
    asked_fen: int  # What is declined first.


def refused(code: str) -> "pytest.RaisesExc[Refused]":
    """Return what holds that a step is refused."""
    return pytest.raises(Refused, check=lambda found: found.code == code)


def seconds_until(is_so: Callable[[], bool]) -> float:
    """Return after how many seconds something is so."""
    began = time.monotonic()
    while not is_so():
        assert time.monotonic() - began < GIVES_UP_SECONDS
        time.sleep(LOOKS_SECONDS)
    return time.monotonic() - began


def on_documents(person: Person, asked: Asked) -> Answer:
    """Return what is answered on documents once they count, which takes seconds."""
    seconds_until(lambda: all(person.can_finance(asked.core, each) for each in asked.documents))
    for _ in range(ASKS_MAX):
        with suppress(Refused):
            return person.ask(asked)
        time.sleep(LOOKS_SECONDS)
    return person.ask(asked)


def confirmed(enter: Enter, cast: Cast) -> float:
    """A core confirms; return after how many seconds its supplier's limit has risen."""
    core, supplier = enter(cast.core), enter(cast.supplier)
    before = supplier.limit_fen(cast.core.firm)
    core.confirm(cast.payable)
    return seconds_until(lambda: supplier.limit_fen(cast.core.firm) > before)


def passed_down(enter: Enter, cast: Cast) -> str:
    """A voucher goes to the third tier, split twice; return the part that arrives there."""
    core, first, second, third = (enter(each) for each in (cast.core, *cast.chain))
    core.settle_late()  # Else it may issue nothing.
    root = core.issue(cast.chain[0].firm, FACE_FEN, cast.due_on)
    first.accept_voucher(root)
    _, half = first.split(root, HALVES_FEN)
    second.accept_voucher(given := first.pass_on(half, cast.chain[1].firm))
    _, part = second.split(given, PARTS_FEN)
    third.accept_voucher(last := second.pass_on(part, cast.chain[2].firm))
    tree = core.tree(root)
    assert sums(tree), tree
    assert nodes(tree) == [
        *(("1", "held", HALVES_FEN[0]), ("1", "passed", HALVES_FEN[1]), ("1", "split", FACE_FEN)),
        *(
            ("2", "held", PARTS_FEN[0]),
            ("2", "passed", PARTS_FEN[1]),
            ("2", "split", HALVES_FEN[1]),
        ),
        ("3", "held", PARTS_FEN[1]),
    ]
    return last


def third_tier_is_financed(enter: Enter, cast: Cast) -> None:
    """A third tier without a document is told what to do, is passed one, finances it, repays."""
    third, officer = enter(cast.chain[2]), enter(cast.officers[0])
    assert third.held_fen() == 0
    asked = Asked(cast.core.firm, "document-finance", cast.lent_fen, days=30)
    told = third.ask(asked)
    assert (told.outcome, told.reasons[0]) == ("declined", "document.held")
    assert [("pass", cast.chain[1].firm)] in [each.steps for each in told.ways]

    voucher = passed_down(enter, cast)
    assert third.held_fen() == PARTS_FEN[1]
    paper = f"voucher:{voucher}"
    asked = Asked(cast.core.firm, "document-finance", cast.lent_fen, [paper], days=30)
    offer = on_documents(third, asked)
    assert (offer.state, offer.amount_fen) == ("approved", cast.lent_fen)
    third.accept(offer.application)
    third.sign(offer.application)
    with refused("rule"):
        third.draw(offer.application, cast.lent_fen, ACCOUNT)
    third.file_account(offer.application, ACCOUNT)
    officer.approve(cast.chain[2].firm)
    loan = third.draw(offer.application, cast.lent_fen, ACCOUNT)
    assert third.state(offer.application) == "active"
    tree = third.tree(voucher)
    assert (tree["financed"], tree["held"], third.held_fen()) == (PARTS_FEN[1], 0, 0)

    assert third.owed_fen(loan) > 0
    assert third.repay(loan, third.owed_fen(loan)) == 0
    assert (third.owed_fen(loan), third.held_fen()) == (0, PARTS_FEN[1])


def lent_on_trade(enter: Enter, cast: Cast) -> None:
    """The machine approves a little on trade; two people decide on much, one cannot."""
    firm, (first, second) = enter(cast.borrower), (enter(each) for each in cast.officers)
    little = Asked(cast.trade, "data-credit", SMALL_FEN, months=6, repayment="equal_instalment")
    answer = firm.ask(little)
    assert (answer.state, answer.outcome, answer.amount_fen) == (*("approved",) * 2, SMALL_FEN)
    firm.withdraw(answer.application)

    much = firm.ask(Asked(cast.trade, "data-credit", LARGE_FEN, days=90))
    assert (much.state, much.outcome) == ("referred", "referred")
    assert "authority.two" in much.reasons
    first.recommend(much.application, RECOMMENDED_FEN)
    with refused("same_person"):
        first.decide(much.application)
    second.decide(much.application)
    assert firm.state(much.application) == "approved"
    firm.withdraw(much.application)


def can_follow(way: Way, core: str) -> bool:
    """Return whether a way to yes is that the core confirms something, or passes a voucher on."""
    return [*way.steps] in ([("confirm", "")], [("pass", core)])


def refused_with_a_path(enter: Enter, cast: Cast) -> None:
    """A firm is refused with a path to yes; it is followed, and leads to yes."""
    core, firm = enter(cast.core), enter(cast.declined)
    asked = Asked(cast.core.firm, "document-finance", cast.asked_fen, days=30)
    told = firm.ask(asked)
    assert told.outcome == "declined"
    way = next(each for each in told.ways if can_follow(each, cast.core.firm))
    assert way.amount_fen >= cast.asked_fen

    papers = way.documents
    for paper in way.documents:
        core.confirm(paper.partition(":")[2])
    if not papers:  # The core is told to issue a voucher.
        papers = [f"voucher:{core.issue(cast.declined.firm, FACE_FEN, cast.due_on)}"]
        firm.accept_voucher(papers[0].partition(":")[2])
    asked = Asked(cast.core.firm, "document-finance", cast.asked_fen, papers, days=30)
    again = on_documents(firm, asked)
    assert (again.outcome, again.amount_fen) == ("approved", cast.asked_fen)
    firm.withdraw(again.application)


def nothing_above_an_account(enter: Enter, cast: Cast) -> None:
    """A reservation is refused naming every account that lacks."""
    officer, firm = enter(cast.officers[0]), cast.supplier.firm
    path = ("bank", f"firm:{firm}", f"chain:{cast.core.firm}:{firm}", f"receivable:{cast.payable}")
    has = {each: officer.available_fen(each) for each in path}
    for asked_fen in (1 + has[path[-1]], 1 + max(has.values())):
        with refused("limit_exceeded") as found:
            officer.reserve(cast.core.firm, firm, asked_fen, [cast.payable])
        named = found.value.accounts
        assert named & has.keys() == {each for each in path if has[each] < asked_fen}
        assert all(officer.available_fen(each) < asked_fen for each in named)


def released_by_two(enter: Enter, cast: Cast) -> None:
    """Two people release a freeze, one person cannot."""
    first, second = (enter(each) for each in cast.officers)
    account = f"firm:{cast.supplier.firm}"
    before = first.frozen_fen(account)
    first.freeze(account, FROZEN_FEN)
    assert first.frozen_fen(account) == before + FROZEN_FEN
    first.unfreeze(account, FROZEN_FEN)
    with refused("same_person"):
        first.approve(account)
    assert first.frozen_fen(account) == before + FROZEN_FEN
    second.approve(account)
    assert second.frozen_fen(account) == before


def told(enter: Enter, cast: Cast) -> float:
    """Tell all stories, one after the other; return in how many seconds the limit has moved."""
    lent_on_trade(enter, cast)
    refused_with_a_path(enter, cast)
    took = confirmed(enter, cast)
    third_tier_is_financed(enter, cast)
    nothing_above_an_account(enter, cast)
    released_by_two(enter, cast)
    return took

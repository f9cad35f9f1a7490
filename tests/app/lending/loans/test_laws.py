"""Laws of loans over random terms and acts, held against a clerk who writes every day by itself."""

import datetime as dt
import json
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from app.books.errors import RuleBroken
from app.lending.loans.acts import Act, Recovery, Restructuring, WriteOff
from app.lending.loans.advancing import advance, at, draw, touch_on
from app.lending.loans.exact import half_up
from app.lending.loans.fees import FEE_FEN_MAX, SHARED, FeeTerms
from app.lending.loans.grading import cured_on, grade, overdue_days, overdue_since
from app.lending.loans.loan import Charge, Loan, Payment
from app.lending.loans.owing import owed
from app.lending.loans.replaying import do, replay, reverse
from app.lending.loans.rules import CLASSES, LoanRules
from app.lending.loans.schedule import rows_to_come, schedule
from app.lending.loans.terms import LoanTerms, check_terms, proceeds_fen
from app.lending.loans.written import PARTS, columns, document, loan_of
from app.platform.events import canonical
from app.platform.text import compact
from tests.app.lending.loans.making import rules
from tests.graph.effort import examples
from tests.oracles import loans as oracle

FIRST = dt.date(2027, 10, 1)
REPAYMENTS = ("bullet", "bullet_monthly", "equal_principal", "equal_instalment", "discount")
TRIED = examples(300)


@st.composite
def all_fees(draw_: st.DrawFn) -> FeeTerms:
    when = draw_(st.sampled_from(sorted(SHARED)))
    kept = {"id": when, "zh": "费", "en": "fee", "when": when}
    of = draw_(st.sampled_from(SHARED[when]))
    if draw_(st.booleans()):
        return FeeTerms(**kept, of=of, fen=draw_(st.integers(1, 20_000)), share=None)
    share = Decimal(draw_(st.integers(1, 500))).scaleb(-4)
    floor = draw_(st.sampled_from((0, 0, 700)))
    cap = draw_(st.sampled_from((FEE_FEN_MAX, 900)))
    return FeeTerms(**kept, of=of, fen=None, share=share, floor_fen=floor, cap_fen=cap)


ALL_FEES = st.one_of(st.just(()), st.lists(all_fees(), max_size=4).map(tuple))


@st.composite
def all_terms(draw_: st.DrawFn, *, grace: bool = True) -> LoanTerms:
    repayment = draw_(st.sampled_from(REPAYMENTS))
    monthly = repayment not in ("bullet", "discount")
    by_days = not monthly and draw_(st.booleans())
    drawn = FIRST + dt.timedelta(days=draw_(st.integers(0, 200)))
    made = LoanTerms(
        amount_fen=draw_(st.integers(1, 10**10)),
        rate=Decimal(draw_(st.integers(0, 2400))).scaleb(-4),
        repayment=repayment,
        drawn_on=drawn,
        days=draw_(st.integers(1, 200)) if by_days else None,
        months=None if by_days else draw_(st.integers(1, 9)),
        settle_day=draw_(st.none() | st.integers(1, 31)) if monthly else None,
        day_base=draw_(st.sampled_from((360, 365))),
        penalty_factor=Decimal(draw_(st.sampled_from(("1", "1.3", "1.5")))),
        grace_days=draw_(st.sampled_from((0, 0, 1, 5, 35))) if grace else 0,
        fees=draw_(ALL_FEES),
    )
    try:
        check_terms(made, frozenset())
    except RuleBroken:
        return replace(made, rate=Decimal(0))
    return made


@st.composite
def all_rules(draw_: st.DrawFn) -> LoanRules:
    days = draw_(st.frozensets(st.integers(0, 500), max_size=60))
    return rules(
        days_off=frozenset(FIRST + dt.timedelta(days=each) for each in days),
        watch_days=draw_(st.sampled_from((20, 180))),
        cure_months={"two": draw_(st.integers(1, 3)), "three": draw_(st.integers(4, 12))},
    )


def of_columns(row: dict[str, Any]) -> Loan:
    """Return the loan of a row as a database keeps it."""
    return loan_of({**row, **{name: json.loads(row[name]) for name in PARTS if name in row}})


Step = tuple[int, str, int, str]  # Days later, what, how much of a hundred, how.
STEPS = st.lists(
    st.tuples(
        st.sampled_from((0, 1, 2, 10, 28, 31, 60, 100)),
        st.sampled_from(("pay", "pay", "pay", "all", "charge", "restructure", "write_off")),
        st.integers(1, 100),
        st.sampled_from(("due", "lower", "shorten", "capitalise", "waive", "debtor")),
    ),
    max_size=8,
)


def act_of(loan: Loan, day: dt.date, step: Step) -> Act | None:
    """Return an act that fits a loan as it stands; None where none of the kind does."""
    _, what, share, how = step
    left = loan.totals.lost.total - loan.totals.recovered.total
    if loan.ended:
        return Recovery(day, max(1, left * share // 100)) if left else None
    if what == "charge":
        return Charge(day, share)
    if what == "write_off":
        return WriteOff(day) if share > 70 else None
    if what == "restructure":
        return restructuring(day, share, how) if loan.outstanding_fen > 1000 else None
    return paying(loan, day, step)


def paying(loan: Loan, day: dt.date, step: Step) -> Payment | None:
    """Return what is paid on a loan as it stands; None where nothing is."""
    (_, what, share, how), debt = step, owed(loan)
    if how in ("lower", "shorten"):
        amount = debt.all_fen if what == "all" else max(1, debt.all_fen * share // 100)
        return Payment(day, amount, prepay=True, mode=how)
    if how == "debtor":
        most = debt.all_fen - debt.prepayment_fees_fen
        return Payment(day, max(1, most * share // 100), prepay=True, by_debtor=True)
    amount = debt.due_fen if what == "all" else debt.due_fen * share // 100
    return Payment(day, amount) if amount else None


def restructuring(day: dt.date, share: int, how: str) -> Restructuring:
    names = frozenset({"fees", "penalty", "interest"})
    some = names if how == "capitalise" else frozenset({"fees"})
    kind = REPAYMENTS[share % 4]
    months = None if kind == "bullet" else 1 + share % 7
    days = 30 + share if kind == "bullet" else None
    return Restructuring(day, kind, Decimal("0.0525"), days, months, None, some, names - some)


def lived(terms: LoanTerms, steps: list[Step], bank: LoanRules) -> tuple[Loan, list[Act]]:
    """Return a loan after steps, and the acts that were done."""
    loan, acts, day = draw(terms, bank), [], terms.drawn_on
    for step in steps:
        day += dt.timedelta(days=step[0])
        act = act_of(at(loan, day, bank), day, step)
        if act is not None:
            loan = do(loan, act, bank).loan
            acts.append(act)
    return loan, acts


def told(loan: Loan) -> dict[str, int]:
    debt = owed(loan)
    return {
        "fees": debt.fees_fen,
        "penalty": debt.penalty_fen,
        "interest_overdue": debt.interest_overdue_fen,
        "interest": debt.interest_fen,
        "principal": debt.principal_fen,
        "to_day": debt.interest_to_day_fen,
        "undue": debt.undue_fen,
        "prepayment": debt.prepayment_fees_fen,
    }


def by_clerk(terms: Any, acts: list[Act], day: dt.date, bank: LoanRules) -> dict[str, int]:
    """Return what the clerk says is owed; he knows nothing of recoveries."""
    lasting = [act for act in acts if not isinstance(act, Recovery)]
    late: set[Any] = set()
    while True:
        try:
            return oracle.told(terms, lasting, day, bank, late)
        except oracle.GracePassed as passed:
            late.add(passed.key)


@settings(max_examples=TRIED)
@given(all_terms(), STEPS, all_rules(), st.integers(0, 400))
def test_a_loan_owes_what_the_clerk_says(
    terms: LoanTerms, steps: list[Step], bank: LoanRules, later: int
) -> None:
    loan, acts = lived(terms, steps, bank)
    day = loan.day + dt.timedelta(days=later)

    found = told(at(loan, day, bank))

    assert found == by_clerk(terms, acts, day, bank)
    assert min(found.values()) >= 0


@settings(max_examples=TRIED)
@given(all_terms(), STEPS, all_rules(), st.integers(1, 400))
def test_no_fen_is_made_or_lost(
    terms: LoanTerms, steps: list[Step], bank: LoanRules, later: int
) -> None:
    loan, acts = lived(terms, steps, bank)
    loan = at(loan, loan.day + dt.timedelta(days=later), bank)

    totals, debt = loan.totals, owed(loan)
    came = sum(each.amount_fen for each in acts if isinstance(each, Payment))
    recovered = sum(each.amount_fen for each in acts if isinstance(each, Recovery))
    ended = totals.paid.plus(totals.capitalised).plus(totals.waived).plus(totals.lost)
    assert (totals.paid.total, totals.recovered.total) == (came, recovered)
    assert totals.posted.principal + totals.capitalised.total == (
        totals.paid.principal + loan.outstanding_fen + totals.lost.principal
    )
    assert sum(each.fen for each in loan.charged) == totals.posted.fees - sum(
        each.amount_fen for each in acts if isinstance(each, Charge)
    )
    unpaid = sum(each.interest_fen for each in loan.due)
    assert totals.posted.interest == ended.interest + unpaid
    assert (totals.posted.fees, totals.posted.penalty) == (
        ended.fees + debt.fees_fen,
        ended.penalty,
    )
    assert min(min(each) for each in totals) >= 0
    assert all(got <= lost for got, lost in zip(totals.recovered, totals.lost, strict=True))
    assert loan.outstanding_fen >= 0


@settings(max_examples=TRIED)
@given(all_terms(), STEPS, all_rules(), st.lists(st.integers(0, 40), max_size=12))
def test_days_closed_one_by_one_or_at_once_give_the_same_books(
    terms: LoanTerms, steps: list[Step], bank: LoanRules, gaps: list[int]
) -> None:
    loan, _ = lived(terms, steps, bank)
    day, by_steps, happened = loan.day, loan, []
    for gap in gaps:
        day += dt.timedelta(days=gap)
        by_steps, some = advance(by_steps, day, bank)
        by_steps = of_columns(columns(by_steps))
        happened += some

    at_once = advance(loan, day, bank)

    assert (by_steps, happened) == (at_once.loan, at_once.happened)
    assert at(by_steps, day, bank) == at(loan, day, bank)


def days_that_touch(loan: Loan, bank: LoanRules) -> list[dt.date]:
    """Return all days on which time may do something to a loan, each worked out by itself."""
    since, days = overdue_since(loan), []
    if since is not None:
        beyond = (*bank.class_days.values(), *bank.stage_days.values())
        days = [since + dt.timedelta(days=each + 1) for each in beyond]
    elif loan.orderly_since is not None and loan.watch is not None:
        days = [loan.orderly_since + dt.timedelta(days=bank.watch_days)]
    elif cured := cured_on(loan, bank):
        days = [cured]
    days = [day for day in days if day > loan.day]
    grace = dt.timedelta(days=loan.terms.grace_days + 1)
    days += [each.due_on + grace for each in loan.due if loan.in_grace(each)]
    pairs = zip(loan.terms.fees, loan.charged, strict=True)
    if any(fee.when == "overdue_once" and not done.times for fee, done in pairs):
        late = [each.due_on for each in loan.due if not loan.in_grace(each)]
        days += [day + dt.timedelta(days=1) for day in late[:1]]
    return [*days, loan.next_due_on] if loan.next_due_on else days


@settings(max_examples=TRIED)
@given(all_terms(), STEPS, all_rules(), st.integers(0, 400))
def test_between_the_days_on_which_it_is_touched_nothing_is_said_anew(
    terms: LoanTerms, steps: list[Step], bank: LoanRules, later: int
) -> None:
    loan, _ = lived(terms, steps, bank)
    loan = advance(loan, loan.day + dt.timedelta(days=later), bank).loan
    touch = touch_on(loan, bank) or loan.day + dt.timedelta(days=500)
    last = touch - dt.timedelta(days=1)

    still = advance(loan, last, bank)

    assert (still.loan, list(still.happened)) == (loan, [])
    assert grade(loan, last, bank) == grade(loan, loan.day, bank)
    assert touch > loan.day
    assert touch_on(loan, bank) == min(days_that_touch(loan, bank), default=None)


@settings(max_examples=TRIED)
@given(all_terms(), STEPS, all_rules(), st.data())
def test_a_payment_reversed_is_one_that_never_came(
    terms: LoanTerms, steps: list[Step], bank: LoanRules, data: st.DataObject
) -> None:
    loan, acts = lived(terms, steps, bank)
    payments = [place for place, act in enumerate(acts) if isinstance(act, Payment)]
    day = loan.day + dt.timedelta(days=data.draw(st.integers(0, 100)))
    assert replay(terms, acts, day, bank) == at(loan, day, bank)
    if not payments:
        return
    which = data.draw(st.sampled_from(payments))
    without = [*acts[:which], *acts[which + 1 :]]
    if any(not isinstance(act, Payment | Charge) for act in without):
        return

    reversal = reverse(terms, acts, which, day=day, rules=bank)

    assert reversal.loan == replay(terms, without, day, bank)
    assert told(reversal.loan) == by_clerk(terms, without, day, bank)
    more = sum(reversal.owed_more) - sum(reversal.posted_more)
    unposted = owed(reversal.loan), owed(at(loan, day, bank))
    assert reversal.loan.totals.paid.total == loan.totals.paid.total - acts[which].amount_fen
    assert sum(reversal.owed_more) == unposted[0].all_fen - unposted[1].all_fen
    assert more >= 0 or reversal.loan.outstanding_fen >= 0


@settings(max_examples=TRIED)
@given(all_terms(), all_rules())
def test_rows_sum_to_the_amount_and_their_interest_is_rounded_once(
    terms: LoanTerms, bank: LoanRules
) -> None:
    plan = schedule(terms, bank)

    exact, left, day = Fraction(0), terms.amount_fen, terms.drawn_on
    for row in plan.rows:
        days = (row.due_on - day).days if terms.repayment != "discount" else 0
        exact += Fraction(terms.rate) * left * days / terms.day_base
        left, day = left - row.principal_fen, row.due_on
    assert left == 0
    assert plan.interest_fen == half_up(exact.numerator, exact.denominator)
    assert min(min(row.principal_fen, row.interest_fen) for row in plan.rows) >= 0
    assert 0 < proceeds_fen(terms, bank.days_off) <= terms.amount_fen


@settings(max_examples=TRIED)
@given(all_terms(grace=False), all_rules())
def test_who_pays_each_row_on_its_day_pays_the_schedule_and_no_more(
    terms: LoanTerms, bank: LoanRules
) -> None:
    loan = draw(terms, bank)
    for row in schedule(terms, bank).rows:
        assert rows_to_come(loan, bank).rows[0] == row
        if row.principal_fen or row.interest_fen:
            fees = owed(loan).fees_fen  # Of the draw, until something is paid.
            sum_fen = row.principal_fen + row.interest_fen + row.fees_fen + fees
            loan = do(loan, Payment(row.due_on, sum_fen), bank).loan
        else:
            loan = advance(loan, row.due_on, bank).loan

    assert (loan.ended, owed(loan).all_fen) == ("repaid", 0)
    assert loan.totals.posted.penalty == 0


@settings(max_examples=TRIED)
@given(all_terms(), STEPS, all_rules(), st.integers(0, 200))
def test_what_is_kept_of_a_loan_is_the_loan(
    terms: LoanTerms, steps: list[Step], bank: LoanRules, later: int
) -> None:
    loan, _ = lived(terms, steps, bank)
    loan = advance(loan, loan.day + dt.timedelta(days=later), bank).loan

    kept = columns(loan)

    assert of_columns(kept) == loan
    assert loan_of(document(loan)) == loan
    assert canonical(document(loan_of(document(loan)))) == canonical(document(loan))
    assert compact(document(loan)) == canonical(document(loan))
    assert loan.moved(row=99, ended="") == replace(loan, row=99, ended="")
    assert all(value is None or type(value) in (int, str) for value in kept.values())
    assert overdue_days(loan, loan.day) >= 0
    assert grade(loan, loan.day, bank).loan_class in CLASSES

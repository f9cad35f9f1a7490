"""
A second reading of the arithmetic of loans: every day by itself, in fractions, nothing skipped.

It is slow on purpose and shares no code with the service. Grace is tried: a loan is simulated as if
every row were paid in time, and anew from the first day when one was not.
"""

import datetime as dt
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

DAY = dt.timedelta(days=1)
CLASSES = ("normal", "special_mention", "substandard", "doubtful", "loss")


class GracePassed(Exception):
    """A row was not paid within its days of grace."""

    def __init__(self, key: tuple[int, int]) -> None:
        super().__init__(key)
        self.key = key


@dataclass
class Book:
    """A loan in the hands of a patient clerk."""

    principal: int  # Not due yet.
    interest: Fraction = Fraction(0)
    posted: int = 0
    penalty: Fraction = Fraction(0)
    settled: int = 0
    fees: int = 0
    part: int = 0
    row: int = 1
    rows: list[list[Any]] = field(default_factory=list)  # [row, due day, principal, interest]
    default_since: dt.date | None = None
    written_off: bool = False
    paid: dict[str, int] = field(default_factory=dict)
    lost: int = 0
    watch: int = 0  # The number of the class that a restructured loan keeps.
    last_overdue: dt.date | None = None  # Or the day of the restructuring.
    fees_posted: int = 0
    once: bool = False  # Whether the fees of the first day overdue were charged.


def whole(value: Fraction) -> int:
    """Return a fraction as a whole number, a half upwards."""
    return int((value + Fraction(1, 2)) // 1)


def fee_of(fee: Any, base: int) -> int:
    """Return what a fee comes to, worked out by hand."""
    if base == 0 or fee.share is None:
        return fee.fen if base else 0
    return sorted((fee.floor_fen, whole(Fraction(fee.share) * base), fee.cap_fen))[1]


def _charge(book: Book, terms: Any, when: str, part: int) -> None:
    for fee in terms.fees:
        if fee.when == when:
            fen = fee_of(fee, terms.amount_fen if fee.of == "amount" else part)
            book.fees += fen
            book.fees_posted += fen


def _prepaid(book: Book, terms: Any, left: int) -> int:
    """Return the principal that is prepaid, its fees charged: found by going up to it."""
    fees = [fee for fee in terms.fees if fee.when == "prepayment"]

    def costs(principal: int) -> int:
        """Return principal with its fees."""
        return principal + sum(fee_of(fee, principal) for fee in fees)

    principal = 0
    while costs(principal) < left:
        principal += max(1, (left - costs(principal)) // (1 + len(fees)))
    while principal and costs(principal - 1) >= left:
        principal -= 1
    if principal:
        _charge(book, terms, "prepayment", principal)
    return principal


def due_days(terms: Any, days_off: frozenset[dt.date]) -> list[dt.date]:
    """Return the due days, found by walking over the calendar."""
    drawn, found = terms.drawn_on, []
    if terms.days is not None:
        found = [drawn + terms.days * DAY]
    else:
        wanted = terms.settle_day or drawn.day
        day, months = drawn, 0
        while months < terms.months:
            day += DAY
            last = (day + DAY).day == 1
            if day.day == wanted or (last and day.day < wanted):
                months += 1
                found.append(day)
        if terms.repayment in ("bullet", "discount"):
            found = found[-1:]
    return [moved(day, days_off) for day in found]


def moved(day: dt.date, days_off: frozenset[dt.date]) -> dt.date:
    while day in days_off:
        day += DAY
    return day


def part_of(repayment: str, principal: int, rate: Fraction, rows: int) -> int:
    if repayment == "equal_principal":
        return principal // rows
    if repayment == "equal_instalment":
        month = rate / 12
        if month == 0:
            return whole(Fraction(principal, rows))
        return whole(principal * month / (1 - (1 + month) ** -rows))
    return 0


def told(terms: Any, acts: list[Any], day: dt.date, rules: Any, late: set[Any]) -> dict[str, int]:
    """
    Return what is owed by kind at the opening of a day, after what was done on it.

    Args:
        terms: The terms of the loan.
        acts: What was done to it.
        day: The day.
        rules: Values of the bank.
        late: Rows whose grace passed in vain, by how often the loan was restructured before.

    Raises:
        GracePassed: One more has.
    """
    return _once(terms, acts, day, rules, late)


def _once(
    terms: Any, acts: list[Any], until: dt.date, rules: Any, late: set[Any]
) -> dict[str, int]:
    segment = 0
    book, days = _begun(terms, terms.amount_fen, rules)
    today, todo = terms.drawn_on, list(acts)
    _charge(book, terms, "draw", terms.amount_fen)
    while True:
        known = (segment, late)
        _open(book, terms, days, today, known, rules)
        while todo and todo[0].day == today:
            act = todo.pop(0)
            kind = type(act).__name__
            if kind == "Payment":
                _pay(book, terms, act, today, known, rules)
            elif kind == "Charge":
                book.fees += act.amount_fen
            elif kind == "WriteOff":
                owed = owing(book, terms, today, known)
                lost = sum(owed.values()) - owed["prepayment"]
                book = Book(0, written_off=True, paid=book.paid, lost=lost)
            else:
                owed = owing(book, terms, today, known)
                names = {"fees": ["fees"], "penalty": ["penalty"]}
                names["interest"] = ["interest_overdue", "interest", "to_day"]
                added = sum(owed[n] for kind in act.capitalise for n in names[kind])
                before, kept = book, graded(book, terms, today, known, rules)
                segment += 1
                principal = owed["principal"] + owed["undue"] + added
                terms = _anew(terms, act, principal)
                book, days = _begun(terms, principal, rules)
                book.paid, book.watch, book.last_overdue = before.paid, kept, today
                book.once, book.fees_posted = before.once, before.fees_posted
                known = (segment, late)
        if today == until:
            return owing(book, terms, today, known)
        _close(book, terms, today, known)
        today += DAY


def _begun(terms: Any, principal: int, rules: Any) -> tuple[Book, list[dt.date]]:
    days = due_days(terms, rules.days_off)
    part = part_of(terms.repayment, principal, Fraction(terms.rate), len(days))
    return Book(principal, part=part), days


@dataclass
class Anew:
    """Terms after a restructuring."""

    rate: Any
    repayment: str
    drawn_on: dt.date
    days: int | None
    months: int | None
    settle_day: int | None
    day_base: int
    penalty_factor: Any
    grace_days: int
    amount_fen: int
    fees: Any


def _anew(terms: Any, act: Any, principal: int) -> Anew:
    return Anew(
        act.rate,
        act.repayment,
        act.day,
        act.days,
        act.months,
        act.settle_day,
        terms.day_base,
        terms.penalty_factor,
        terms.grace_days,
        principal,
        terms.fees,
    )


def _is_late(terms: Any, row: list[Any], known: tuple[int, set[Any]]) -> bool:
    return terms.grace_days == 0 or (known[0], row[0]) in known[1]


def since(book: Book, terms: Any, known: tuple[int, set[Any]]) -> dt.date | None:
    if book.default_since:
        return book.default_since
    return min((row[1] for row in book.rows if _is_late(terms, row, known)), default=None)


def _open(
    book: Book, terms: Any, days: list[dt.date], today: dt.date, known: Any, rules: Any
) -> None:
    while book.principal and book.row <= len(days) and days[book.row - 1] == today:
        interest = whole(book.interest) - book.posted
        if book.row == len(days):
            principal = book.principal
        elif terms.repayment == "equal_principal":
            principal = min(book.part, book.principal)
        elif terms.repayment == "equal_instalment":
            principal = min(max(0, book.part - interest), book.principal)
        else:
            principal = 0
        book.posted += interest
        book.principal -= principal
        if principal or interest:
            book.rows.append([book.row, today, principal, interest])
            _charge(book, terms, "due", principal + interest)
        book.row += 1
    for row in book.rows:
        if not _is_late(terms, row, known) and (today - row[1]).days > terms.grace_days:
            raise GracePassed((known[0], row[0]))
    overdue = [row for row in book.rows if row[1] < today and _is_late(terms, row, known)]
    if overdue and not book.once:
        book.once = True
        _charge(book, terms, "overdue_once", overdue[0][2] + overdue[0][3])
    first = since(book, terms, known)
    if first and (today - first).days > rules.class_days["substandard"]:
        book.default_since = first
    if first and first < today:
        book.last_overdue = today
    elif book.watch and (today - (book.last_overdue or today)).days >= rules.watch_days:
        book.watch = 0


def _close(book: Book, terms: Any, today: dt.date, known: Any) -> None:
    daily = Fraction(terms.rate) / terms.day_base
    if terms.repayment != "discount":
        book.interest += book.principal * daily
    for row in book.rows:
        if _is_late(terms, row, known):
            book.penalty += (row[2] + row[3]) * daily * Fraction(terms.penalty_factor)
        else:
            book.interest += row[2] * daily


def owing(book: Book, terms: Any, today: dt.date, known: Any) -> dict[str, int]:
    """Return what is owed by kind."""
    overdue = sum(r[3] for r in book.rows if r[1] < today and _is_late(terms, r, known))
    owed = {
        "fees": book.fees,
        "penalty": whole(book.penalty) - book.settled,
        "interest_overdue": overdue,
        "interest": sum(r[3] for r in book.rows) - overdue,
        "principal": sum(r[2] for r in book.rows),
        "to_day": whole(book.interest) - book.posted,
        "undue": book.principal,
        "prepayment": sum(
            fee_of(fee, book.principal) for fee in terms.fees if fee.when == "prepayment"
        ),
    }
    if not book.principal and book.rows and terms.grace_days:
        last = book.rows[-1]
        late = last[1] < today and _is_late(terms, last, known)
        owed["interest_overdue" if late else "interest"] += owed["to_day"]
        owed["to_day"] = 0
    return {kind: 0 if book.written_off else amount for kind, amount in owed.items()}


def graded(book: Book, terms: Any, today: dt.date, known: Any, rules: Any) -> int:
    """Return the number of the class."""
    first = since(book, terms, known)
    days = (today - first).days if first else 0
    return max(book.watch, sum(days > rules.class_days[each] for each in CLASSES[1:]))


def _pay(book: Book, terms: Any, act: Any, today: dt.date, known: Any, rules: Any) -> None:
    if not book.principal and book.rows and terms.grace_days:
        more = whole(book.interest) - book.posted
        book.posted += more
        book.rows[-1][3] += more
    left = act.amount_fen
    for kind in rules.payment_order[CLASSES[graded(book, terms, today, known, rules)]]:
        left = _take(book, terms, kind, left, today, known)
    book.rows = [row for row in book.rows if row[2] or row[3]]
    if not book.rows and not book.fees and whole(book.penalty) == book.settled:
        book.default_since = None
    if left:
        interest = min(left, whole(book.interest) - book.posted)
        book.posted += interest
        left -= interest
        principal = left if act.by_debtor else _prepaid(book, terms, left)
        book.fees -= left - principal
        book.principal -= principal
        parts = {"interest": interest, "principal": principal, "fees": left - principal}
        for kind, amount in parts.items():
            book.paid[kind] = book.paid.get(kind, 0) + amount
        if principal and book.principal and act.mode == "lower":
            rows = (terms.months if terms.repayment not in ("bullet", "discount") else 1) or 1
            rows -= book.row - 1
            book.part = part_of(terms.repayment, book.principal, Fraction(terms.rate), rows)


def _take(book: Book, terms: Any, kind: str, left: int, today: dt.date, known: Any) -> int:
    taken = 0
    if kind == "fees":
        taken = min(left, book.fees)
        book.fees -= taken
    elif kind == "penalty":
        taken = min(left, whole(book.penalty) - book.settled)
        book.settled += taken
    else:
        at = 2 if kind == "principal" else 3
        for row in sorted(book.rows, key=lambda row: row[1]):
            overdue = row[1] < today and _is_late(terms, row, known)
            if at == 2 or overdue == (kind == "interest_overdue"):
                some = min(left - taken, row[at])
                row[at] -= some
                taken += some
    name = "interest" if kind.startswith("interest") else kind
    book.paid[name] = book.paid.get(name, 0) + taken
    return left - taken

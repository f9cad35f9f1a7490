"""What must hold of a book of loans, on any day."""

from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import sqlalchemy as sa

from app.books.ledger.tables import accounts, uses
from app.lending.loans.advancing import at
from app.lending.loans.exact import half_up
from app.lending.loans.grading import grade
from app.lending.loans.loan import Loan
from app.lending.loans.owing import owed
from app.lending.loans.rules import LoanRules
from app.lending.servicing.plan import drawn_and_done
from app.lending.servicing.repository import WantedLoans
from app.lending.servicing.rows import standing
from app.lending.servicing.service import summed
from app.lending.servicing.tables import loan_acts, loans
from app.lending.servicing.values import LoanValues, values_today
from tests.app.lending.loans.test_laws import by_clerk, told
from tests.app.lending.servicing.lived import LivedBook

CLERK_MAX = 100
Row = dict[str, Any]


def broken(book: LivedBook) -> list[str]:
    """Return which laws do not hold, each with the loan or account at which it is so."""
    values = values_today(book.resources)
    found = _rows(book, loans)
    left = {row["use"]: int(row["left_fen"]) for row in _rows(book, uses)}
    wrong = [] if set(left) == set(book.drawn) == {row["loan"] for row in found} else ["loans"]
    for row in found:
        loan = at(standing(row), values.day, values.rules)
        wrong += [f"{law} of {row['loan']}" for law in laws_of_loan(book, row, loan, values.rules)]
        lent = 0 if loan.ended else min(loan.outstanding_fen, row["amount_fen"])
        wrong += [f"use of {row['loan']}"] if left[row["use"]] != lent else []
    wrong += _of_accounts(book, left, {row["use"]: row["firm"] for row in found})
    return wrong + _of_provisions(book, found) + _of_acts(book, found, values)


def _rows(book: LivedBook, table: sa.Table) -> list[Row]:
    with book.resources.records.reading() as connection:
        return [dict(row) for row in connection.execute(sa.select(table)).mappings()]


def laws_of_loan(book: LivedBook, row: Row, loan: Loan, rules: LoanRules) -> Iterator[str]:
    """
    Yield the laws that do not hold of a loan.

    Args:
        book: What was drawn and came.
        row: The loan's row.
        loan: The loan, with all that it bears up to the day.
        rules: Values of the bank.
    """
    name, totals = row["loan"], loan.totals
    came = totals.paid.total, totals.recovered.total
    ended = totals.paid.plus(totals.capitalised).plus(totals.waived).plus(totals.lost)
    unpaid = sum(each.interest_fen for each in loan.due)
    interest = ended.interest + unpaid
    principal = totals.paid.principal + totals.lost.principal + loan.outstanding_fen
    charged = sum(each.fen for each in loan.charged)
    graded = grade(loan, loan.day, rules)
    laws = {
        "paid = allocated": came == (book.came[name], book.recovered[name]),
        "principal out = in + outstanding + lost": row["amount_fen"] == book.drawn[name]
        and book.drawn[name] + totals.capitalised.total == principal,
        "interest posted = ended + unpaid": totals.posted.interest == interest,
        "fees posted = ended + unpaid": totals.posted.fees == ended.fees + loan.fees_fen,
        "fees of the contract are posted": charged <= totals.posted.fees,
        "penalty posted = ended": totals.posted.penalty == ended.penalty,
        "no more recovered than lost": all(map(int.__le__, totals.recovered, totals.lost)),
        "nothing below nothing": min(min(each) for each in (*totals, owed(loan))) >= 0,
        "state and class": (row["state"], row["class"]) == (graded.state, graded.loan_class),
    }
    yield from (law for law, holds in laws.items() if not holds)


def _of_accounts(book: LivedBook, left: dict[str, int], firms: dict[str, str]) -> list[str]:
    """Return the accounts that do not carry what the uses over them do."""
    carried = Counter({"bank": sum(left.values())})
    for use, fen in left.items():
        carried[f"firm:{firms[use]}"] += fen
    return [
        f"account {row['account']}"
        for row in _rows(book, accounts)
        if (int(row["posted"]), int(row["pending"])) != (carried[row["account"]], 0)
    ]


def _of_provisions(book: LivedBook, found: list[Row]) -> list[str]:
    """Return the classes of which more or less is provided than their shares of what is owed."""
    provided: Counter[str] = Counter()
    shares = values_today(book.resources).rules.provisions
    for row in found:
        exact = Fraction(shares[row["class"]]) * row["outstanding_fen"]
        provided[row["class"]] += half_up(exact.numerator, exact.denominator)
    items = summed(book.resources, WantedLoans())["items"]
    return [
        f"provision of {each['class']}"
        for each in items
        if each["provision_fen"] != provided[each["class"]]
    ]


def _of_acts(book: LivedBook, found: list[Row], values: LoanValues) -> list[str]:
    """
    Return loans of which what was done has gaps, or that owe not what a clerk says.

    The clerk writes every day by itself, in fractions; he is asked of some, of which no payment was
    taken back and no loss came back.
    """
    acts: dict[str, list[Row]] = {row["loan"]: [] for row in found}
    for row in _rows(book, loan_acts):
        acts[row["loan"]].append(row)
    wrong, asked = [], 0
    for number, row in enumerate(found):
        done = sorted(acts[row["loan"]], key=lambda act: int(act["n"]))
        wrong += [f"acts of {row['loan']}"] * ([act["n"] for act in done] != [*range(len(done))])
        plain = not any(act["reversed"] or act["kind"] == "recover" for act in done)
        if number % book.clerk_each == 0 and plain and asked < CLERK_MAX:
            asked += 1
            loan = at(standing(row), values.day, values.rules)
            says = by_clerk(*drawn_and_done(done), values.day, values.rules)
            wrong += [f"what the clerk says of {row['loan']}"] * (told(loan) != says)
    return wrong

"""A book of many loans, and a bare twin that takes them over a day."""

import datetime as dt
import json
import random
import sqlite3
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from app.lending.loans.advancing import advance, draw, touch_on
from app.lending.loans.grading import grade
from app.lending.loans.terms import LoanTerms
from app.lending.loans.written import document, loan_of
from app.lending.servicing.rows import changed, last_due_on
from app.lending.servicing.tables import loans
from app.lending.servicing.values import LoanValues, values_on
from app.platform.config import Settings
from app.platform.deps import Resources, open_resources
from app.platform.events import canonical
from app.platform.events.tables import head
from app.platform.text import compact

DAY = dt.date(2026, 6, 30)
MONTHLY = ("bullet_monthly", "equal_principal", "equal_instalment")
FIRMS = 9_000
AT_ONCE = 1_000
STOOD = 1  # The event at which the rows stand; nobody verifies this book.
DUE = "SELECT loan, standing FROM loans WHERE touch_on <= ? ORDER BY touch_on, loan LIMIT ?"
MOVED = """UPDATE loans SET state = ?, class = ?, stage = ?, outstanding_fen = ?, touch_on = ?,
    standing = ?, event = ? WHERE loan = ?"""
EVENT = """INSERT INTO events (number, at, day, actor, key, operation, subject, path, things,
    detail, reason, inputs, previous, hash)
    VALUES (?, '', ?, 'machine', '', 'loan.day', ?, '[]', '[]', ?, '', '', ?, ?)"""
COPIES_AT_ONCE = 10
COPY = """WITH RECURSIVE numbers(n) AS (
        SELECT {first} UNION ALL SELECT n + 1 FROM numbers WHERE n < {last})
    INSERT INTO loans SELECT {taken} FROM loans CROSS JOIN numbers WHERE loan NOT LIKE '%-%'"""
NO_DIGEST = "0" * 64  # As long as the ledger's, and computed by nobody.


def filled(home: Path, count: int, days: int) -> None:
    """Make a book of loans that pay by the month, drawn over so many days, due from DAY + 1 on."""
    home.mkdir(parents=True, exist_ok=True)
    with open_resources(Settings(home=home)) as resources:
        with resources.records.writing() as connection:
            connection.execute(sa.update(head).values(day=DAY.isoformat()))
        values = values_on(resources, DAY)
        for rows in _parts(count, days, values):
            with resources.records.writing() as connection:
                connection.execute(loans.insert(), rows)


def copied(home: Path, times: int) -> None:
    """Make so many of each loan of a book, under names of their own: millions are soon there."""
    names = [each.name for each in loans.columns]
    own = ("loan", "use")
    taken = ", ".join(f"{each} || '-' || n" if each in own else f'"{each}"' for each in names)
    with open_resources(Settings(home=home)) as resources:
        for first in range(1, times, COPIES_AT_ONCE):
            last = min(times, first + COPIES_AT_ONCE) - 1
            with resources.records.writing() as connection:
                connection.exec_driver_sql(COPY.format(taken=taken, first=first, last=last))


def _parts(count: int, days: int, values: LoanValues) -> Iterator[list[dict[str, Any]]]:
    draws, part = random.Random(1), []
    for number in range(count):
        part.append(_row(number, DAY - dt.timedelta(days=29 - number % days), draws, values))
        if len(part) == AT_ONCE or number == count - 1:
            yield part
            part = []


def _row(number: int, drawn_on: dt.date, draws: random.Random, values: LoanValues) -> Any:
    """Return the row of a loan that was drawn on a day."""
    terms = LoanTerms(
        amount_fen=draws.randint(10**6, 10**8),
        rate=Decimal(draws.randint(300, 1200)) / 10_000,
        repayment=draws.choice(MONTHLY),
        drawn_on=drawn_on,
        days=None,
        months=draws.randint(3, 24),
        settle_day=None,
        day_base=360,
        penalty_factor=Decimal("1.5"),
        grace_days=0,
    )
    loan = draw(terms, values.rules)
    known = {
        "loan": f"L{number:07d}",
        "application": None,
        "use": f"U{number}",
        "firm": f"F{number % FIRMS}",
        "core": "C",
        "product": "P",
        "account": "A",
        "amount_fen": terms.amount_fen,
        "drawn_on": drawn_on.isoformat(),
        "due_on": str(last_due_on(loan, values.rules)),
        "acts": 1,
        "event": STOOD,
    }
    return changed(known, loan, values.rules)


def bare(resources: Resources, day: dt.date) -> int:
    """
    Take all loans over a day as plainly as can be; return how many.

    The same arithmetic, rows and events by hand-written statements on the plain driver, with the
    same durability, a thousand in a transaction; it computes no digest and links no chain.
    """
    values, taken = values_on(resources, day), 0
    held = sqlite3.connect(str(resources.records.engine.url.database), isolation_level=None)
    for pragma in ("journal_mode = WAL", "synchronous = FULL"):
        held.execute(f"PRAGMA {pragma}")
    found = held.execute(DUE, (day.isoformat(), AT_ONCE)).fetchall()
    while found:
        held.execute("BEGIN IMMEDIATE")
        number = int(held.execute("SELECT number FROM head").fetchone()[0])
        moved = [
            _taken(row, day, number + place, values) for place, row in enumerate(found, start=1)
        ]
        held.executemany(MOVED, [loan for loan, _ in moved])
        held.executemany(EVENT, [event for _, event in moved])
        held.execute("UPDATE head SET number = ?", (number + len(found),))
        held.execute("COMMIT")
        taken += len(found)
        found = held.execute(DUE, (day.isoformat(), AT_ONCE)).fetchall()
    held.close()
    return taken


def _taken(row: tuple[str, str], day: dt.date, number: int, values: LoanValues) -> Any:
    """Return what is written of a loan that is taken over a day: its row, and its event."""
    name, stood = row
    advanced = advance(loan_of(json.loads(stood)), day, values.rules)
    loan, touch = advanced.loan, touch_on(advanced.loan, values.rules)
    graded = grade(loan, loan.day, values.rules)
    detail = canonical(
        {
            "outstanding_fen": loan.outstanding_fen,
            "happened": [[str(each.day), *each[1:]] for each in advanced.happened],
        }
    )
    told = None if touch is None else touch.isoformat()
    figures = (graded.state, graded.loan_class, graded.stage, loan.outstanding_fen, told)
    event = (number, day.isoformat(), f"loan:{name}", detail, NO_DIGEST, NO_DIGEST)
    return (*figures, compact(document(loan)), number, name), event

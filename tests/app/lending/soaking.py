"""Lending in `make soak`: years of loans whose laws are checked, and decisions decided again."""

import datetime as dt
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from app.books.ledger import Plain, Reads, Reply, ledger_of
from app.books.ledger.proof import verify
from app.chain.runs.refreshing import refresh_version
from app.lending.decisions.forms import Asked, DocumentRef
from app.lending.decisions.keeping import keep
from app.lending.decisions.replaying import replayed
from app.lending.decisions.repository import one
from app.lending.decisions.service import decide
from app.lending.decisions.tables import decisions
from app.platform.config import Settings
from app.platform.console.progress import Step, quietly
from app.platform.deps import Resources, open_resources
from app.platform.errors import AppError
from ingestion.run import ImportJob, ingest
from tests.app.books.ledger.racing import wait_for_no_disk
from tests.app.chain.booked import STACK, set_up
from tests.app.economy import write_files
from tests.app.lending.servicing.lived import DAY, LivedBook
from tests.app.lending.servicing.lived_days import DailyLaws
from tests.app.lending.servicing.lived_laws import broken

NOW = dt.datetime(2026, 7, 15, 9, tzinfo=dt.UTC)
MONTH, MONTHS = dt.timedelta(days=365) / 12, 12  # Of a year.
CLERK = 100  # Loans of which a clerk is asked each year.
SHOWN_MAX = 3
PAPERS = (DocumentRef("receivable", "R1"),)
ASKED = (("document-finance", PAPERS), ("data-credit", ()))


def years_of_loans(
    resources: Resources, count: int, years: int, until: float, step: Step
) -> tuple[str, int]:
    """
    Return what came of loans drawn over all years but the last, and how much of it is wrong.

    Args:
        resources: An empty data folder.
        count: How many loans.
        years: Of closed days.
        until: When it must be over; what is not done by then is wrong.
        step: Told how far it is.
    """
    began, book = time.monotonic(), LivedBook(resources, 1)
    sa.event.listen(resources.records.engine, "connect", wait_for_no_disk)
    resources.records.engine.dispose()
    book.clerk_each = max(1, count // CLERK)
    book.begin()
    daily, wrong = DailyLaws(book), list[str]()
    months = MONTHS * max(1, years - 1)
    for month in range(MONTHS * years):
        if time.monotonic() > until:
            wrong.append("not done in time")
            break
        step(f"month {month + 1} of {MONTHS * years}", month / (MONTHS * years))
        if month < months:
            drawn = range(count * month // months, count * (month + 1) // months)
            book.draw(f"L{each:06d}" for each in drawn)
        book.live(DAY + MONTH * (month + 1), daily.look)
        if (month + 1) % MONTHS == 0:
            wrong += broken(book)
    found = verify(resources.records, processes=2)
    wrong += daily.wrong
    wrong += [] if found.ok or found.difference is None else [found.difference.words()]
    done = ", ".join(f"{book.done[each]:,} {each}" for each in sorted(book.done))
    seconds = time.monotonic() - began
    told = "; ".join(wrong[:SHOWN_MAX]) or "every law and the book hold"
    looked = f"{daily.looked_at:,} changed loans looked at on {daily.days:,} days, interest of "
    looked += f"{daily.computed:,} computed beside"
    return f"{done}; {found.events:,} events; {looked}; {told}; {seconds:.0f} s", len(wrong)


def decided_again(resources: Resources, count: int) -> tuple[str, int]:
    """Return what came of random decisions that are kept and decided again, the book moved on."""
    began, draws = time.monotonic(), random.Random(1)
    set_up(resources)
    outcomes: dict[str, int] = {}
    for number in range(count):
        product, papers = draws.choice(ASKED)
        amount, days = int(10 ** draws.uniform(4, 9)), draws.randint(1, 180)
        asked = Asked("CORE1", "MILL", product, amount, days, None, "bullet", papers)
        try:
            decided = decide(resources, asked)
        except AppError as refused:
            outcomes[refused.code] = outcomes.get(refused.code, 0) + 1
            continue
        outcome = decided.decision.outcome
        outcomes[outcome] = outcomes.get(outcome, 0) + 1
        ledger_of(resources).ask(
            Plain(
                Reads(rows={decisions: [decided.decision.id]}),
                lambda moving, decided=decided, number=number: Reply.of(
                    201, {"event": keep(moving, decided, f"A{number}")}
                ),
            )
        )
        total = STACK["chain:CORE1:MILL"] + draws.randint(-5_000_000, 5_000_000)
        set_up(resources, {"chain:CORE1:MILL": total})
    differ, names = 0, _kept(resources)
    for name in names:
        row = one(resources.records, name)
        differ += row is None or not replayed(row)["same"]
    holds = verify(resources.records).ok
    done = ", ".join(f"{outcomes[each]:,} {each}" for each in sorted(outcomes))
    words = f"{done}; {len(names):,} decided again, {differ} otherwise"
    words += f"; {'the book holds' if holds else 'the book does not hold'}"
    return f"{words}; {time.monotonic() - began:.0f} s", differ + (not holds) + (not names)


def _kept(resources: Resources) -> list[str]:
    with resources.records.reading() as connection:
        return list(connection.scalars(sa.select(decisions.c.decision)))


@contextmanager
def opened(home: Path, url: str, *, published: bool = False) -> Iterator[Resources]:
    """Yield what is open over a new data folder and a records database; a version, where asked."""
    home.mkdir(parents=True, exist_ok=True)
    with open_resources(Settings(home=home, records_url=url)) as resources:
        if published:
            files = write_files(home.parent / "files")
            job = ImportJob(resources.store, home, NOW, quietly, as_of=NOW.date())
            ingest("files", [files], job=job)
            refresh_version(resources, None, progress=quietly)
        yield resources

"""
The book under races and kills: `make soak`. Writes docs/reliability.md; ends with 1 at a fault.

Sizes: `--draws` of all callers together (1,000,000), how many processes are killed on each
database: `--kills` while they draw and as many while they close days (200), half of it in steps of
vouchers, an eighth each in draws, repayments, days of loans, and payments on what is financed; and
`--loans` of three years, a fiftieth of them decisions; `--cases` of requests. `--only` runs a part,
`--on` one database (repeated: several); their rows take the place of those on the page. Races have
the machine to themselves; then some parts at a time run beside each other. `--minutes` bounds the
whole: what is not done by then is a fault.
"""

import argparse
import datetime as dt
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import replace
from functools import reduce
from operator import add
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa

from app.platform.console.progress import Step, quietly
from app.platform.records import open_records
from graph.testing import servers
from tests.app.books.ledger.killing import WRONG, Draws, KilledWork, Kills, Turns, kill
from tests.app.books.ledger.racing import Callers, Outcome, race
from tests.app.chain.vouchers.killing import Days, Trees, economy
from tests.app.lending.servicing.killing import LoanDays, LoanDraws, Repayments
from tests.app.lending.servicing.settling import Settlements
from tests.app.lending.soaking import decided_again, opened, years_of_loans

PROCESSES, THREADS = 8, 8
NAIVE = Callers(4, 4, 15, is_naive=True)  # Enough to be seen to fail.
LANES = 2  # Books that are worked on beside each other: who is killed is not waited for.
KILLED_AT_ONCE = 4
DAYS_LANES = 4  # One process closes days of a book.
YEARS, OF_SERVER = 3, 4  # On a server a fourth of the loans: there is half an hour for it all.
KINDS = ("SQLite", "PostgreSQL")
BESIDE = 3  # Parts at a time, after the races; some wait for who is killed.
TOLD_SECONDS = 20.0  # Between two lines that say how far a part is.
PAGE = Path(__file__).parents[4] / "docs" / "reliability.md"
HEAD = """# Reliability

Written by `make soak`, each row by the program that ran it, with its day and how many processes
were at work on how many processors when it ended: on a busy machine seconds say little. Callers
race for one cap that has room for some hundred draws, giving back a part of what they hold; each
refusal must name that account, and nobody waits for the disk, since nothing dies there. Processes
are killed with SIGKILL, after a random number of answers and a random moment more, while they
reserve and post, close days (vouchers lapse, mature, are dishonoured), or issue, accept, split,
pass on and settle vouchers, draw signed offers through a port, pay on loans, settle vouchers on
which loans stand, or close days on which loans fall due; whoever heard nothing asks again, twice,
with the same key. What was acknowledged must be there, once, and vouchers, loans and accounts as
they should be. The naive twin reads, judges, then writes: it must be seen to fail.

Loans live for years of closed days: they are drawn, paid in time, late, in parts, ahead (with
lower or fewer rows), restructured, written off, recovered; some payments are taken back. On every
day every loan that an event has changed is looked at: paid = allocated; principal out = in +
outstanding + lost; interest, fees and penalty posted = ended + unpaid; interest posted where a row
falls due = half up (exact); what it bore since it stood otherwise is computed beside, in fractions,
unless it began anew or grace or a payment taken back had it computed from its beginning; its use
carries what is lent. Sums over the tables say that all others stand as they stood, and that uses
and accounts carry what is lent. After each year all loans are looked at: the same, provisions by
class, and of a hundred a clerk who writes every day in fractions says what is owed. Nothing dies
there, so nobody waits for the disk. Decisions are kept while accounts move, and each is decided
again. After each part `ledger verify` recomputes the book. What is not done in its time is a fault.

Races have the machine to themselves; the other parts run three at a time.

| database | what | size | what came of it | faults |
|---|---|---|---|--:|
"""
Row = tuple[str, str, str, str, int]
Done = tuple[str, str, int]  # Size, what came of it, faults.


class Sizes(NamedTuple):
    """How much is tried."""

    draws: int
    kills: int
    loans: int
    cases: int


class Task(NamedTuple):
    """A part on one database: its word, the database's kind and address, the sizes."""

    word: str
    kind: str
    url: str
    sizes: Sizes


class Place(NamedTuple):
    """Where a part works: addresses of new databases by name, a folder, and until when."""

    fresh: Callable[[str], str]
    folder: Path
    until: float
    step: Step

    @property
    def seconds(self) -> float:
        """Return how long it may take."""
        return max(0.0, self.until - time.monotonic())


Part = Callable[[Place], Done]


def main() -> int:
    """Run all of it, or a part; return 1 where anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=1_000_000)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--loans", type=int, default=10_000)
    parser.add_argument("--cases", type=int, default=40_000)
    parser.add_argument("--minutes", type=float, default=28)
    parser.add_argument("--page", type=Path, default=PAGE)
    parser.add_argument("--only", action="append", choices=list(WORDS))
    parser.add_argument("--on", action="append", choices=KINDS)
    parser.add_argument("--task", help="one part, as the program tells itself")
    given = parser.parse_args()
    if given.task:
        return apart(given.task)
    until = time.monotonic() + 60 * given.minutes
    sizes = Sizes(given.draws, given.kills, given.loans, given.cases)
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as place, databases(Path(place)) as urls:
        tasks = [
            Task(word, kind, url, sizes)
            for word in WORDS
            for kind, url in urls
            if word in (given.only or WORDS) and kind in (given.on or KINDS)
            if (word, kind) != ("requests", "PostgreSQL")  # The service in between is the same.
        ]
        for row in done(tasks, Path(place), until):
            rows.append(row)
            sys.stdout.write(line_of(row))
            sys.stdout.flush()
            given.page.write_text(page_of(rows, given.page), encoding="utf-8")
    return 1 if any(row[-1] for row in rows) else 0


def done(tasks: list[Task], place: Path, until: float) -> Iterator[Row]:
    """Yield the rows of tasks: of races one by one, then of the longest first, some at a time."""
    for task in tasks:
        if task.word in ALONE:
            yield tried(task, place, until)
    with ThreadPoolExecutor(BESIDE) as pool:
        beside = [each for each in tasks if each.word not in ALONE]
        came = [pool.submit(tried_apart, each, place, until) for each in beside]
        for each in as_completed(came):
            yield each.result()


def tried_apart(task: Task, place: Path, until: float) -> Row:
    """Return the row of one thing that is tried by a process of its own; a fault where it dies."""
    given = json.dumps([*task[:3], [*task.sizes], str(place), until])
    command = [sys.executable, "-m", "tests.app.books.ledger.soak", "--task", given]
    ended = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    *said, last = ended.stdout.splitlines() or [""]
    sys.stdout.write("".join(f"{line}\n" for line in said))
    if ended.returncode or not last:
        return task.kind, WORDS[task.word], "", f"ended with {ended.returncode} on {when()}", 1
    kind, name, size, came, faults = json.loads(last)
    return kind, name, size, came, faults


def apart(given: str) -> int:
    """Try one task, as the process that runs them all has told it; print its row."""
    word, kind, url, sizes, place, until = json.loads(given)
    row = tried(Task(word, kind, url, Sizes(*sizes)), Path(place), until)
    sys.stdout.write(f"{json.dumps(row)}\n")
    return 0


WORDS = {  # What runs longest of what runs beside other parts stands first.
    "draws": "race",
    "naive": "naive twin",
    "loans": "years of loans",
    "requests": "requests made from the description",
    "days": "kill -9 in close-day",
    "decisions": "decisions decided again",
    "kills": "kill -9 in draws",
    "vouchers": "kill -9 in voucher steps",
    "loan-draws": "kill -9 in draws of loans",
    "repayments": "kill -9 in repayments",
    "loan-days": "kill -9 in days of loans",
    "settlements": "kill -9 in payments on what is financed",
}
ALONE = ("draws", "naive")


def parts_of(sizes: Sizes) -> dict[str, Part]:
    """Return what is tried, by the words of `--only`."""
    draws, kills, loans, cases = sizes
    each = -(-draws // (PROCESSES * THREADS))
    return {
        "draws": raced(Callers(PROCESSES, THREADS, each, waits_for_disk=False)),
        "naive": raced(NAIVE),
        "kills": killed(lambda _: Draws(), kills, LANES, KILLED_AT_ONCE),
        "days": killed(lambda folder: Days(economy(folder / "home")), kills, DAYS_LANES, 1),
        "vouchers": killed(lambda _: Trees(), kills // 2, LANES, KILLED_AT_ONCE),
        "loan-draws": killed(lambda at: LoanDraws(economy(at / "home")), kills // 8, DAYS_LANES, 1),
        "repayments": killed(lambda at: Repayments(at / "home"), kills // 8, DAYS_LANES, 1),
        "loan-days": killed(lambda at: LoanDays(at / "home"), kills // 8, DAYS_LANES, 1),
        "settlements": killed(lambda at: Settlements(at / "home"), kills // 8, DAYS_LANES, 1),
        "loans": lent(loans),
        "requests": requested(cases),
        "decisions": decided(max(1, loans // 50)),
    }


def lent(count: int) -> Part:
    """Return the part in which loans live for years."""

    def part(place: Place) -> Done:
        """Return what came of them."""
        url = place.fresh("book")
        own = count if url.startswith("sqlite") else max(1, count // OF_SERVER)
        with opened(place.folder / "home", url) as resources:
            came = years_of_loans(resources, own, YEARS, place.until, place.step)
        return f"{own:,} loans, {YEARS} years", *came

    return part


def requested(count: int) -> Part:
    """Return the part in which everybody sends requests of every kind."""

    def part(place: Place) -> Done:
        """Return what they were answered."""
        # Not where this is imported by every process that is killed.
        from tests.app.interface.soak import sent  # noqa: PLC0415

        return f"{count:,} requests", *sent(count, place.folder, place.until, place.step)

    return part


def decided(count: int) -> Part:
    """Return the part in which decisions are decided again."""

    def part(place: Place) -> Done:
        """Return what came of them."""
        home = place.folder / "home"
        with opened(home, place.fresh("book"), published=True) as resources:
            return f"{count:,} asked", *decided_again(resources, count)

    return part


def raced(callers: Callers) -> Part:
    """Return the part in which callers race."""

    def part(place: Place) -> Done:
        """Return what came of the race."""
        bounded = replace(callers, seconds_max=place.seconds)
        came = race(place.fresh("race"), bounded, place.step)
        who = f"{callers.processes * callers.threads} callers in {callers.processes} processes"
        return f"{callers.total:,} draws of {who}", told(came), came.faults

    return part


def killed(make: Callable[[Path], KilledWork], count: int, lanes: int, at_once: int) -> Part:
    """Return the part in which so many processes are killed, on some books beside each other."""
    times = max(1, -(-count // (lanes * at_once)))

    def part(place: Place) -> Done:
        """Return what came of the kills."""

        urls = [place.fresh(str(number)) for number in range(lanes)]

        def lane(number: int) -> Kills:
            """Return what came of those on one book; the first tells how far they are."""
            folder = place.folder / f"lane-{number}"
            folder.mkdir()
            turns = Turns(times, at_once, place.seconds)
            work, step = make(folder), place.step if number == 0 else quietly
            return kill(urls[number], folder, work, turns, progress=step)

        with ThreadPoolExecutor(lanes) as pool:
            came = reduce(add, pool.map(lane, range(lanes)))
        return f"{came.counts['kills']} processes", listed(came), came.faults

    return part


def tried(task: Task, place: Path, until: float) -> Row:
    """Return the row of one thing that is tried on one database."""
    folder = place / f"{task.word}-{task.kind}"
    folder.mkdir()
    url, step = task.url, telling(f"{task.kind}, {WORDS[task.word]}")
    part = parts_of(task.sizes)[task.word]
    size, came, faults = part(
        Place(lambda own: fresh(url, f"{task.word}_{own}"), folder, until, step)
    )
    return task.kind, WORDS[task.word], size, f"{came} on {when()}", faults


def when() -> str:
    """Return the day, and how many processes were at work on how many processors."""
    day = dt.datetime.now(tz=dt.UTC).date()
    return f"{day}, load {os.getloadavg()[0]:.0f} on {os.cpu_count()}"


def telling(title: str) -> Step:
    """Return a step that tells how far a part is, now and then: several are told of together."""
    began = told = time.monotonic()

    def step(name: str, share: float | None) -> None:
        """Print a line where the last was some time ago."""
        nonlocal told
        now = time.monotonic()
        if now - told >= TOLD_SECONDS:
            told = now
            far = "" if share is None else f"{share:.0%}, "
            sys.stderr.write(f"{title}: {name}, {far}{now - began:.0f} s\n")

    return step


def line_of(row: Row) -> str:
    """Return a row as the page has it."""
    return f"| {' | '.join(map(str, row))} |\n"


def page_of(rows: list[Row], page: Path) -> str:
    """Return the page with these rows, and those that it has of what was not tried now."""
    kept = {}
    if page.exists():
        for line in page.read_text(encoding="utf-8").splitlines():
            found = re.fullmatch(rf"\| ({'|'.join(KINDS)}) \| ([^|]+) \| .*\| \d+ \|", line)
            if found is not None:
                kept[found[1], found[2]] = f"{line}\n"
    kept |= {row[:2]: line_of(row) for row in rows}
    order = [(kind, what) for kind in KINDS for what in WORDS.values()]
    return HEAD + "".join(kept[each] for each in order if each in kept)


def told(came: Outcome) -> str:
    """Return what came of a race in words."""
    counts = ", ".join(f"{count:,} {name}" for name, count in sorted(came.counts.items()))
    return f"{counts}; over by {came.over_fen:,} fen{book(came)}; {came.seconds:.0f} s"


def listed(came: Kills) -> str:
    """Return what came of kills in words."""
    counts = ", ".join(
        f"{came.counts[each]:,} {each}" for each in ("acknowledged", "in doubt", *WRONG)
    )
    return f"{counts}{book(came)}; {came.seconds:.0f} s"


def book(came: Outcome | Kills) -> str:
    """Return what the verification of the book says; nothing of a naive twin, which keeps none."""
    if isinstance(came, Outcome) and came.is_naive:
        return ""
    return "; the book holds" if came.difference is None else f"; {came.difference}"


@contextmanager
def databases(place: Path) -> Iterator[list[tuple[str, str]]]:
    """Yield the name and the address of each kind of database: a records database, empty."""
    with servers.shared(place, "postgres", servers.start_postgres) as server:
        urls = [f"sqlite:///{place}/records.db", server]
        for url in urls:
            open_records(url).close()
        yield list(zip(KINDS, urls, strict=True))


def fresh(url: str, name: str) -> str:
    """Return the address of a copy of an empty records database."""
    place = sa.engine.make_url(url)
    if place.get_backend_name() == "sqlite":
        was = Path(str(place.database))
        return f"sqlite:///{shutil.copy(was, was.with_name(f'{name}.db'))}"
    admin = sa.create_engine(place.set(database="template1"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(f'CREATE DATABASE "soak_{name}" TEMPLATE "{place.database}"')
    admin.dispose()
    return place.set(database=f"soak_{name}").render_as_string(hide_password=False)


if __name__ == "__main__":
    sys.exit(main())

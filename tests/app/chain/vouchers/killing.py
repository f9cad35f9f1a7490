"""What processes do with vouchers, and at the close of days, until they are killed."""

import contextlib
import datetime as dt
import itertools
import json
import random
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import sqlalchemy as sa

from app.books.business_day import business_day
from app.books.business_day.closing import close_days
from app.books.business_day.tables import CLOSED, closings
from app.books.errors import BookRefusal
from app.books.ledger import (
    AccountLedger,
    AccountTotal,
    Identity,
    Key,
    Moving,
    Plain,
    Reads,
    Reply,
    ledger_of,
)
from app.books.ledger.tables import accounts
from app.books.rules import Rulebook
from app.chain.receivables.acts import Debt
from app.chain.receivables.files import COLUMNS, FileReceivables
from app.chain.vouchers import acts, endings
from app.chain.vouchers.acts import Passing, VoucherDraft
from app.chain.vouchers.nodes import Acting
from app.chain.vouchers.tables import vouchers
from app.jobs.closing import STEPS
from app.platform.clock import utc_now
from app.platform.config import Settings
from app.platform.console.progress import quietly
from app.platform.deps import Resources, open_resources
from app.platform.events.tables import events, head
from app.platform.records import Records, open_records
from graph.model import Version
from ingestion.run import ImportJob, ingest
from tests.app.books.ledger.killing import LedgerSession, Session, by_keys
from tests.app.economy import write_files

DAY = dt.date(2026, 6, 30)
DUE_ON = DAY + dt.timedelta(days=90)
FACE = 1_000_000
PLENTY = 10**15
STEPS_OF_TREE = 12
LAPSES_DAYS = 2
FED = 12  # Vouchers issued before each kill.
RULES = Rulebook(None).on(DAY)
FILES = FileReceivables(
    Version(1, DAY, dt.datetime(2026, 7, 1, tzinfo=dt.UTC), 0, 0),
    pl.DataFrame(schema=dict.fromkeys(COLUMNS, pl.String)),
)
LEFT_OUT = ("rejected", "cancelled")
TIERS_MAX = 5
Held = tuple[str, str, int, int]  # Node, holder, what is held, tier.


def unbalanced(rows: list[dict[str, Any]]) -> list[str]:
    """Return nodes at which face is not children + financed + held, and roots that lack some."""
    live = [row for row in rows if row["state"] not in LEFT_OUT]
    parts: Counter[str] = Counter()
    below: Counter[str] = Counter()  # What is held, financed or waits in a tree.
    for row in live:
        parts[row["parent"]] += row["amount_fen"]
        below[row["root"]] += row["held_fen"] + row["financed_fen"]
    wrong = []
    for row in live:
        whole = parts[row["voucher"]] + row["financed_fen"] + row["held_fen"]
        is_root = row["parent"] is None
        if (
            row["amount_fen"] != whole
            or row["parts_fen"] != parts[row["voucher"]]
            or (is_root and row["amount_fen"] != below[row["root"]])
        ):
            wrong.append(row["voucher"])
    return wrong


def astray(records: Records) -> int:
    """Return how many trees do not balance, and issuers who carry not what their vouchers do."""
    with records.reading() as connection:
        rows = [dict(row) for row in connection.execute(sa.select(vouchers)).mappings()]
        query = sa.select(accounts.c.account, accounts.c.posted).where(accounts.c.layer == "core")
        posted = {account: int(fen) for account, fen in connection.execute(query)}
    carried: Counter[str] = Counter()
    for row in rows:
        carried[f"core:{row['issuer']}"] += row["occupies_fen"]
    return len(unbalanced(rows)) + sum(fen != carried[each] for each, fen in posted.items())


def done(ledger: AccountLedger, firm: str, work: Callable[[Acting, Debt], Any], key: str) -> str:
    """Return what an order on vouchers is answered."""

    def decided(moving: Moving) -> Reply:
        """Return that it is done."""
        work(Acting(moving, firm, RULES, TIERS_MAX, LAPSES_DAYS), Debt(moving, FILES, None))
        return Reply.of(200, {"day": moving.day_text})

    own = Key("p", key, key) if key else None
    try:
        return ledger.ask(Plain(Reads(), decided, own, firm)).text
    except BookRefusal as refused:
        return f"refused {json.dumps(refused.further, sort_keys=True)}"


def issue(voucher: str, core: str, due_on: dt.date) -> Callable[[Acting, Debt], Any]:
    """Return the order by which a core issues a voucher to A."""
    draft = VoucherDraft(voucher, "A", FACE, due_on, (), recourse=True, related=True)
    return lambda acting, debt: acts.issue(acting, draft, debt)


class TreeSession(LedgerSession):
    """Grows trees of vouchers, and ends each of them."""

    def plan(self, name: str) -> Iterator[str]:
        """Yield the steps of one tree after the other."""
        rng = random.Random(name)
        for count in itertools.count():
            yield from _steps(f"V{name}-{count}", rng)

    def answer(self, asked: str) -> str:
        """Return what a step is answered."""
        operation, voucher, firm, *more = asked.split()
        works: dict[str, Callable[[Acting, Debt], Any]] = {
            "issue": issue(voucher, "X", DUE_ON),
            "accept": lambda acting, _: acts.accept(acting, voucher),
            "reject": lambda acting, debt: acts.reject(acting, voucher, debt),
            "split": lambda acting, _: acts.split(
                acting, voucher, [int(each) for each in more[2:]], more[:2]
            ),
            "pass": lambda acting, _: acts.pass_on(
                acting, voucher, Passing(more[0], more[1], int(more[2]), related=True)
            ),
            "mature": lambda _, debt: endings._mature(debt, voucher),  # as a closed day does
            "settle": lambda acting, debt: endings.settle(acting, voucher, debt),
        }
        return done(self.ledger, firm, works[operation], asked)


def _steps(root: str, rng: random.Random) -> Iterator[str]:
    """Yield what is asked of one tree: all of it can be done."""
    yield f"issue {root} X"
    yield f"accept {root} A"
    held: list[Held] = [(root, "A", FACE, 1)]
    for count in range(STEPS_OF_TREE):
        if held:
            yield from _moved(held, rng, f"{root}.{count}")
    if rng.choice([True, False]):
        yield f"mature {root} machine"
        yield f"settle {root} X"


def _moved(held: list[Held], rng: random.Random, new: str) -> Iterator[str]:
    """Yield how one of what is held is split, or passed on and then accepted, rejected, or not."""
    node, holder, fen, tier = held.pop(rng.randrange(len(held)))
    if fen > 1 and (tier == TIERS_MAX or rng.choice([True, False])):
        part, names = rng.randint(1, fen - 1), (f"{new}a", f"{new}b")
        yield f"split {node} {holder} {names[0]} {names[1]} {part} {fen - part}"
        held += [(names[0], holder, part, tier), (names[1], holder, fen - part, tier)]
    elif tier < TIERS_MAX:
        part, to = rng.randint(1, fen), rng.choice([each for each in "ABCD" if each != holder])
        yield f"pass {node} {holder} {new} {to} {part}"
        said = rng.choice(["accept", "accept", "accept", "reject", ""])
        if said:
            yield f"{said} {new} {to}"
        if said == "accept":
            held.append((new, to, part, tier + 1))
        if left := fen if said == "reject" else fen - part:
            held.append((node, holder, left, tier))


@dataclass(frozen=True)
class Trees:
    """Holders accept, reject, split and pass on; issuers settle."""

    callers: int = 4
    answers_max: int = 40

    def set_up(self, url: str) -> None:
        """Make a core with plenty."""
        begin(url, ["X"])

    def feed(self, url: str, turn: int) -> None:
        """Make nothing: each begins trees of its own."""

    session: Callable[[str], contextlib.AbstractContextManager[Session]] = TreeSession.opened

    def faults(self, records: Records, answered: dict[str, str]) -> Counter[str]:
        """Return what is lost or done twice, and what of the trees does not balance."""
        wrong = astray(records) + sum(each.startswith("refused") for each in answered.values())
        return by_keys(records, answered) + Counter({"not as it should be": wrong})


def begin(url: str, cores: list[str]) -> None:
    """Open the books on a day, with plenty for these cores."""
    with open_records(url) as records:
        with records.writing() as connection:
            connection.execute(sa.update(head).where(head.c.day == "").values(day=DAY.isoformat()))
        ledger = AccountLedger(records, utc_now)
        ledger.set_totals(
            [AccountTotal(f"core:{core}", Identity("core", core), PLENTY) for core in cores],
            {"run": "r"},
        )
        ledger.close()


class CloserSession:
    """Closes one day after the other."""

    def __init__(self, resources: Resources) -> None:
        self.resources = resources

    def plan(self, name: str) -> Iterator[str]:  # as sessions have it
        """Yield the days to be closed, without end."""
        first = business_day(self.resources)
        for count in itertools.count():
            yield f"close {first + dt.timedelta(days=count)}"

    def answer(self, asked: str) -> str:
        """Return that a day is closed, however often it is asked."""
        day = dt.date.fromisoformat(asked.split()[1])
        close_days(self.resources, day, STEPS, quietly)
        return "closed"


@dataclass(frozen=True)
class Days:
    """Days are closed on which vouchers lapse, mature and are dishonoured."""

    home: Path  # With a version, as `economy` makes it.
    callers: int = 1
    answers_max: int = 5  # What it finds to do ends in six days.

    def set_up(self, url: str) -> None:
        """Open the books."""
        begin(url, [])

    def feed(self, url: str, turn: int) -> None:
        """Issue vouchers that end in some days; some are not accepted."""
        core = f"X{turn}"  # Its own: who has not paid issues no more.
        begin(url, [core])
        with open_resources(self._settings(url)) as resources:
            day, ledger = business_day(resources), ledger_of(resources)

            def give(number: int) -> None:
                """Issue one; two of three are accepted."""
                voucher, due_on = f"V{turn}-{number}", day + dt.timedelta(days=1 + number % 6)
                done(ledger, core, issue(voucher, core, due_on), "")
                if number % 3:
                    done(ledger, "A", lambda acting, _: acts.accept(acting, voucher), "")

            with ThreadPoolExecutor(FED) as pool:  # Beside each other they are kept together.
                list(pool.map(give, range(FED)))

    @contextlib.contextmanager
    def session(self, url: str) -> Iterator[CloserSession]:
        """Yield what closes days."""
        with open_resources(self._settings(url)) as resources:
            yield CloserSession(resources)

    def _settings(self, url: str) -> Settings:
        return Settings(home=self.home, records_url=url)

    def faults(self, records: Records, answered: dict[str, str]) -> Counter[str]:
        """Return days and steps that are missing or twice, and vouchers in a wrong state."""
        own = (events.c.operation.like("voucher.%")) | (events.c.operation.like("day.%"))
        counted = sa.select(events.c.operation, events.c.subject, sa.func.count()).where(own)
        counted = counted.group_by(events.c.operation, events.c.subject)
        with records.reading() as connection:
            day = str(connection.scalar(sa.select(head.c.day)))
            closed = set(
                connection.scalars(sa.select(closings.c.day).where(closings.c.state == CLOSED))
            )
            twice = sum(int(count) > 1 for _, _, count in connection.execute(counted))
            rows = [dict(row) for row in connection.execute(sa.select(vouchers)).mappings()]
        told = {each.split()[1] for each in answered}
        wrong = sum(row["state"] != state_on(row, day) for row in rows) + astray(records)
        return Counter(
            {
                "lost": len(told - closed) + sum(each >= day for each in told),
                "twice": twice,
                "never asked": len(closed - told),
                "not as it should be": wrong,
            }
        )


def state_on(row: dict[str, Any], day: str) -> str:
    """Return the state in which a whole voucher is on a business day, where nobody moved it."""
    if not row["accepted"]:
        lapses = dt.date.fromisoformat(row["issued_on"]) + dt.timedelta(days=LAPSES_DAYS)
        is_over = lapses.isoformat() < day or row["due_on"] <= day
        return "rejected" if is_over else "issued"
    if row["due_on"] < day:
        return "dishonoured"
    return "matured" if row["due_on"] == day else "held"


def economy(home: Path) -> Path:
    """Return a data folder with a small economy in which a version is published."""
    files = write_files(home.parent / "files")
    with open_resources(Settings(home=home)) as resources:
        job = ImportJob(resources.store, home, utc_now(), quietly, as_of=DAY)
        ingest("files", [files], job=job)
    return home

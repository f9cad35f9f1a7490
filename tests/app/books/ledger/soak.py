"""
The book under races and kills: `make soak`. Writes docs/reliability.md; ends with 1 at a fault.

Sizes: `--draws` of all callers together (1,000,000), and how many processes are killed on each
database: `--kills` while they draw and as many while they close days (200), half of it in steps of
vouchers. `--only` runs a part (repeated: several); its rows take the place of those on the page.
"""

import argparse
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from app.platform.console.progress import Step, progress
from app.platform.records import open_records
from graph.testing import servers
from tests.app.books.ledger.killing import WRONG, Draws, KilledWork, Kills, kill
from tests.app.books.ledger.racing import Outcome, race
from tests.app.chain.vouchers.killing import Days, Trees, economy

PROCESSES, THREADS, KILLED_AT_ONCE = 8, 8, 4
NAIVE_DRAWS = 20
PAGE = Path(__file__).parents[4] / "docs" / "reliability.md"
HEAD = """# Reliability

Written by `make soak`, each row by the program that ran it. Callers race for one cap that has room
for some hundred draws, giving back a part of what they hold. Processes are killed with SIGKILL
while they reserve and post, close days (vouchers lapse, mature, are dishonoured), or issue, accept,
split, pass on and settle vouchers; whoever heard nothing asks again, twice, with the same key. What
was acknowledged must be there, once, and vouchers and accounts as they should be. After each,
`ledger verify` recomputes the book. The naive twin reads, judges and then writes: it must be seen
to fail.

| database | what | size | came of it | faults |
|---|---|---|---|--:|
"""
Row = tuple[str, str, str, str, int]
Part = Callable[[str, Path, Step], tuple[str, str, int]]  # Size, what came of it, faults.


def main() -> int:
    """Run all of it, or a part; return 1 where anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=1_000_000)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--page", type=Path, default=PAGE)
    parser.add_argument("--only", action="append", choices=list(WORDS))
    given = parser.parse_args()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as place, databases(Path(place)) as urls:
        parts = parts_of(given.draws, given.kills)
        for name, url in urls:
            for part in given.only or WORDS:
                rows.append(tried(part, parts[part], (name, url), Path(place)))
                sys.stdout.write(line_of(rows[-1]))
                sys.stdout.flush()
                given.page.write_text(page_of(rows, given.page), encoding="utf-8")
    return 1 if any(row[-1] for row in rows) else 0


WORDS = {
    "draws": "race",
    "naive": "naive twin",
    "kills": "kill -9 in draws",
    "days": "kill -9 in close-day",
    "vouchers": "kill -9 in voucher steps",
}


def parts_of(draws: int, kills: int) -> dict[str, Part]:
    """Return what is tried, by the words of `--only`."""
    callers = PROCESSES * THREADS
    size = {"processes": PROCESSES, "threads": THREADS}
    who = f"{callers} callers in {PROCESSES} processes"

    def raced(url: str, _: Path, __: Step) -> tuple[str, str, int]:
        """Return what came of a race."""
        each = max(1, draws // callers)
        came = race(url, **size, draws=each)
        return f"{each * callers:,} draws of {who}", told(came), race_faults(came)

    def naive(url: str, _: Path, __: Step) -> tuple[str, str, int]:
        """Return what came of the naive twin."""
        came = race(url, **size, draws=NAIVE_DRAWS, is_naive=True)
        return f"{NAIVE_DRAWS * callers:,} draws of {who}", told(came), int(not came.over_fen)

    def killed(make: Callable[[Path], KilledWork], count: int, at_once: int) -> Part:
        def part(url: str, folder: Path, step: Step) -> tuple[str, str, int]:
            """Return what came of kills."""
            turns = max(1, count // at_once)
            work = make(folder)
            came = kill(url, folder, work, times=turns, processes=at_once, progress=step)
            return f"{came.counts['kills']} processes", listed(came), came.faults

        return part

    return {
        "draws": raced,
        "naive": naive,
        "kills": killed(lambda _: Draws(), kills, KILLED_AT_ONCE),
        "days": killed(lambda folder: Days(economy(folder / "home")), kills, 1),
        "vouchers": killed(lambda _: Trees(), kills // 2, KILLED_AT_ONCE),
    }


def tried(name: str, part: Part, database: tuple[str, str], place: Path) -> Row:
    """Return the row of one thing that is tried on one database."""
    kind, url = database
    folder = place / f"{name}-{kind}"
    folder.mkdir()
    with progress(f"{kind}, {WORDS[name]}") as step:
        step("working", None)  # A race tells no more than its time.
        size, came, faults = part(fresh(url, name), folder, step)
    return kind, WORDS[name], size, came, faults


def line_of(row: Row) -> str:
    """Return a row as the page has it."""
    return f"| {' | '.join(map(str, row))} |\n"


def page_of(rows: list[Row], page: Path) -> str:
    """Return the page with these rows, and those that it has of what was not tried now."""
    kept = {}
    if page.exists():
        for line in page.read_text(encoding="utf-8").splitlines():
            found = re.fullmatch(r"\| (SQLite|PostgreSQL) \| ([^|]+) \| .*\| \d+ \|", line)
            if found is not None:
                kept[found[1], found[2]] = f"{line}\n"
    kept |= {row[:2]: line_of(row) for row in rows}
    order = [(kind, what) for kind in ("SQLite", "PostgreSQL") for what in WORDS.values()]
    return HEAD + "".join(kept[each] for each in order if each in kept)


def race_faults(came: Outcome) -> int:
    """Return the number of faults of a race."""
    wrong = sum(n for said, n in came.counts.items() if said == "refused without the account")
    return wrong + int(came.over_fen > 0) + int(came.difference is not None)


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
    """Yield the name and the address of each kind of database."""
    with servers.shared(place, "postgres", servers.start_postgres) as server:
        yield [("SQLite", f"sqlite:///{place}/records.db"), ("PostgreSQL", server)]


def fresh(url: str, name: str) -> str:
    """Return the address of a new records database, its tables made."""
    place = sa.engine.make_url(url)
    if place.get_backend_name() == "sqlite":
        own = f"sqlite:///{Path(str(place.database)).parent / name}.db"
    else:
        engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(f'CREATE DATABASE "soak_{name}"')
        engine.dispose()
        own = place.set(database=f"soak_{name}").render_as_string(hide_password=False)
    with open_records(own):
        return own


if __name__ == "__main__":
    sys.exit(main())

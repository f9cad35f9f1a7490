"""
The book under races and kills: `make soak`. Writes docs/reliability.md; ends with 1 at a fault.

Sizes: `--draws` of all callers together (1,000,000), `--kills` of processes on each database (200).
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from app.platform.records import open_records
from graph.testing import servers
from tests.app.books.ledger.racing import Kills, Outcome, kill, race

PROCESSES, THREADS, KILLED_AT_ONCE = 8, 8, 4
NAIVE_DRAWS = 20
PAGE = Path(__file__).parents[4] / "docs" / "reliability.md"
HEAD = """# Reliability

Written by `make soak`. Callers race for one cap that has room for some hundred draws, giving back a
part of what they hold; processes are killed with SIGKILL while they reserve and post, and whoever
heard nothing asks again with the same key. After each, `ledger verify` recomputes the book. The
naive twin reads, judges and then writes: it must be seen to fail.

| database | what | size | came of it | faults |
|---|---|---|---|--:|
"""


def main() -> int:
    """Run all of it; return 1 where anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=1_000_000)
    parser.add_argument("--kills", type=int, default=200)
    given = parser.parse_args()
    rows: list[str] = []
    faults = 0
    with tempfile.TemporaryDirectory() as place, databases(Path(place)) as urls:
        for name, url in urls:
            found = shaken(name, url, Path(place), (given.draws, given.kills))
            for row, count in found:
                rows.append(f"{row} {count} |")
                faults += count
                sys.stdout.write(f"{rows[-1]}\n")
                sys.stdout.flush()
    PAGE.write_text(HEAD + "\n".join(rows) + "\n", encoding="utf-8")
    return 1 if faults else 0


def shaken(name: str, url: str, place: Path, sizes: tuple[int, int]) -> list[tuple[str, int]]:
    """Return a row of the page, and the number of faults, for each thing that is tried."""
    draws, kills = sizes
    callers = PROCESSES * THREADS
    size = {"processes": PROCESSES, "threads": THREADS}
    raced = race(fresh(url, "race"), **size, draws=max(1, draws // callers))
    naive = race(fresh(url, "naive"), **size, draws=NAIVE_DRAWS, is_naive=True)
    folder = place / f"kills-{name}"
    folder.mkdir()
    turns = max(1, kills // KILLED_AT_ONCE)
    killed = kill(fresh(url, "kills"), folder, times=turns, processes=KILLED_AT_ONCE)
    who = f"{callers} callers in {PROCESSES} processes"
    return [
        (f"| {name} | race | {who} | {told(raced)} |", race_faults(raced)),
        (f"| {name} | naive twin | {who} | {told(naive)} |", int(not naive.over_fen)),
        (
            f"| {name} | kill -9 | {killed.counts['kills']} processes | {listed(killed)} |",
            kill_faults(killed),
        ),
    ]


def race_faults(came: Outcome) -> int:
    """Return the number of faults of a race."""
    wrong = sum(n for said, n in came.counts.items() if said == "refused without the account")
    return wrong + int(came.over_fen > 0) + int(came.difference is not None)


def kill_faults(came: Kills) -> int:
    """Return the number of faults after kills."""
    names = ("lost", "twice", "never asked", "answered otherwise")
    return sum(came.counts[each] for each in names) + int(came.difference is not None)


def told(came: Outcome) -> str:
    """Return what came of a race in words."""
    counts = ", ".join(f"{count:,} {name}" for name, count in sorted(came.counts.items()))
    return f"{counts}; over by {came.over_fen:,} fen; {came.seconds:.0f} s"


def listed(came: Kills) -> str:
    """Return what came of kills in words."""
    names = ("acknowledged", "in doubt", "lost", "twice", "never asked", "answered otherwise")
    book = "the book holds" if came.difference is None else came.difference
    return ", ".join(f"{came.counts[each]:,} {each}" for each in names) + f"; {book}"


@contextmanager
def databases(place: Path) -> Iterator[list[tuple[str, str]]]:
    """Yield the names and addresses of the kinds of database."""
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

"""
What it costs to close a day of many loans, beside a bare twin.

Sizes: `DEEPTIER_BENCH_LOANS` that all fall due on one day, and are all overdue on the next;
`DEEPTIER_BENCH_BOOK_LOANS` of a book of which a thirtieth falls due; `DEEPTIER_BENCH_MANY_LOANS`
that all fall due on one day, whatever memory holds.
"""

import datetime as dt
import os
import time
from pathlib import Path

from pytest_benchmark.fixture import BenchmarkFixture

from app.books.business_day.closing import close_days
from app.jobs.closing import STEPS
from app.lending.servicing.closing import close
from app.platform.config import Settings
from app.platform.console.progress import quietly
from app.platform.deps import open_resources
from tests.bench.figures import alone, promise, record
from tests.bench.lending import DAY, bare, copied, filled

LOANS = int(os.environ.get("DEEPTIER_BENCH_LOANS", "20000"))
BOOK = int(os.environ.get("DEEPTIER_BENCH_BOOK_LOANS", "60000"))
MANY = int(os.environ.get("DEEPTIER_BENCH_MANY_LOANS", "1000000"))
COPIES = 100  # Of each loan of the many.
TWINS = 5_000  # Loans of each round beside the twin.
ROUNDS = 5
OF_THE_TWIN = 2.0
CLOSED_SECONDS, CLOSED_GB = 20, 0.5  # 100,000 loans, each of which the day touches; in any number.
STEP = [each for each in STEPS if each.name == "loans"]
CLOSED = """
import sys
from tests.bench.test_lending import closed
if __name__ == "__main__":
    print(*closed(sys.argv[1]))
"""


def closed(home: str) -> tuple[int, float]:
    """Return how many loans a closed day touched, and the seconds of a processor that it took."""
    with open_resources(Settings(home=Path(home))) as resources:
        began = time.process_time()
        done = close_days(resources, None, STEP, quietly).done
        return done["loans"], time.process_time() - began


def test_a_day_of_loans_beside_a_bare_twin(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    """Both take the same loans over a day on which all fall due, in turns, each a book anew."""
    following = DAY + dt.timedelta(days=1)

    def measured() -> list[float]:
        ratios = []
        for number in range(ROUNDS):
            took = []
            for who in (close, bare):
                home = tmp_path / f"{who.__name__}-{number}"
                filled(home, TWINS, 1)
                with open_resources(Settings(home=home)) as resources:
                    day = following
                    if who is close:  # The day has moved on, as its step finds it.
                        close_days(resources, DAY, [], quietly)
                        day = DAY
                    began = time.process_time()
                    if who(resources, day) != TWINS:
                        raise RuntimeError(f"{who.__name__} did not take all loans over the day")
                    took.append(time.process_time() - began)
            ratios.append(took[0] / took[1])
        return ratios

    ratios = sorted(benchmark.pedantic(measured, rounds=1))

    what = f"a day of {TWINS:,} loans closed, all falling due, to a bare twin"
    promise(benchmark, what, ratios[ROUNDS // 2], at_most=OF_THE_TWIN)


def test_a_day_of_many_loans(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    """In a process of its own: the day on which all fall due, then the one they are overdue on."""
    filled(tmp_path / "home", LOANS, 1)

    words, peak = benchmark.pedantic(alone, args=(CLOSED, tmp_path / "home"), rounds=1)
    late, _ = alone(CLOSED, tmp_path / "home")

    for (count, seconds), what in ((words, "falling due"), (late, "becoming overdue")):
        if int(count) != LOANS:
            raise RuntimeError(f"{count} of {LOANS} loans were touched")
        by_amount = float(seconds) * 100_000 / LOANS
        told = f"a day of {LOANS:,} loans closed, all {what}, of a processor for 100,000"
        promise(benchmark, told, by_amount, unit="s", at_most=CLOSED_SECONDS)
    what = f"a day of {LOANS:,} loans closed, all falling due: peak memory"
    promise(benchmark, what, peak, unit="GB", at_most=CLOSED_GB)


def test_a_day_of_a_large_book(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    """In a process of its own: a thirtieth of the book falls due, as on any day of a month."""
    filled(tmp_path / "home", BOOK, 30)

    words, peak = benchmark.pedantic(alone, args=(CLOSED, tmp_path / "home"), rounds=1)

    what = f"a day of a book of {BOOK:,} loans closed, a thirtieth falling due"
    promise(benchmark, f"{what}: peak memory", peak, unit="GB", at_most=CLOSED_GB)
    record(benchmark, f"{what}, {int(words[0]):,} loans", float(words[1]), unit="s")


def test_a_day_of_a_million_loans(benchmark: BenchmarkFixture, tmp_path: Path) -> None:
    """In a process of its own, on the worst day: all fall due, a thousand in an order."""
    filled(tmp_path / "home", MANY // COPIES, 1)
    copied(tmp_path / "home", COPIES)

    words, peak = benchmark.pedantic(alone, args=(CLOSED, tmp_path / "home"), rounds=1)

    if int(words[0]) != MANY // COPIES * COPIES:
        raise RuntimeError(f"{words[0]} of {MANY} loans were touched")
    what = f"a day of {MANY:,} loans closed, all falling due"
    promise(benchmark, f"{what}: peak memory", peak, unit="GB", at_most=CLOSED_GB)
    record(benchmark, f"{what}, of a processor", float(words[1]), unit="s")

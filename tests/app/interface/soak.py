"""
Many requests against the description: `make soak`, 40,000 by default, or as many as so many minutes
allow.

Every kind of request is sent by everybody in a first round, more of each in those that follow;
`--paths` sends to paths of a pattern alone. Prints how many of each status everybody was answered,
and every fault; ends with 1 where there is one, or where the time was over before everybody had
sent every kind.
"""

import argparse
import logging
import re
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import structlog

from app.chain.runs.refreshing import refresh_version
from app.platform.config import Settings
from app.platform.console.progress import Step, progress
from app.platform.deps import open_resources
from ingestion.run import ImportJob, ingest
from tests.app.economy import write_files
from tests.app.interface.cases import NOW, Attacked, attack, attacked, kinds

SHOWN_MAX = 3
Kind = tuple[str, str, str]  # Path, method, mode.
PART = 100  # Requests of one kind made at once, at most.
SLOW = {("/api/v1/session", "POST"), ("/api/v1/imports", "POST"), ("/api/v1/scenarios", "POST")}
SLOW_PART = 20


class Faults:
    """What went wrong, by operation and kind."""

    def __init__(self) -> None:
        self.counted: Counter[str] = Counter()

    def add(self, case: Any, error: BaseException) -> None:
        """Count a fault; the first of a kind are shown."""
        parts = getattr(error, "exceptions", [error])
        for part in parts:
            kind = f"{case.method} {case.operation.path}: {type(part).__name__}"
            self.counted[kind] += 1
            if self.counted[kind] <= SHOWN_MAX:
                say(f"FAULT {kind}\n{part}\n{case.as_curl_command()}")


def main() -> int:
    """Send requests until there were enough of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=40_000)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--paths", default="", help="a pattern; default: all of them")
    given = parser.parse_args()
    until = time.monotonic() + 60 * given.minutes
    with tempfile.TemporaryDirectory() as folder, progress("requests") as step:
        told, faults = sent(given.cases, Path(folder), until, step, paths=given.paths)
    say(told)
    return 1 if faults else 0


def sent(count: int, folder: Path, until: float, step: Step, *, paths: str = "") -> tuple[str, int]:
    """
    Send requests of every kind by everybody; return what came of it, and how many faults.

    Args:
        count: How many requests.
        folder: For files.
        until: When it must be over, by the monotonic clock; who has not sent every kind is a fault.
        step: Told how far it is.
        paths: A pattern of the paths to which they go; empty for all.
    """
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.disable(logging.CRITICAL)
    faults, began = Faults(), time.monotonic()
    step("a small economy is made", None)
    kept = economy(folder / "kept")
    with attacked(kept, folder / "home", everything=True) as place:
        every = [each for each in kinds(place.app.openapi()) if re.search(paths, each[0])]
        is_whole = rounds(place, faults, every, count, until=until, step=step)
        report(place, faults)
        total, answers = place.sent.total(), Counter[str]()
        for (_, status), number in place.sent.items():
            answers[f"{str(status)[0]}xx"] += number
    told = ", ".join(f"{answers[each]:,} {each}" for each in sorted(answers))
    whole = "every kind by everybody" if is_whole else "not every kind by everybody in time"
    seconds = time.monotonic() - began
    words = f"{total:,} sent: {told}; {whole}; {seconds:.0f} s"
    return words, faults.counted.total() + (not is_whole)


def rounds(
    place: Attacked, faults: Faults, every: list[Kind], wanted: int, *, until: float, step: Step
) -> bool:
    """Go through all kinds of requests until enough were sent; return whether each was, once."""
    part, number = 1, 0
    while True:
        for path, method, mode in every:
            if place.sent.total() >= wanted or time.monotonic() > until:
                return number > 0
            step(f"{place.sent.total():,} of {wanted:,} sent", place.sent.total() / wanted)
            examples = min(SLOW_PART, part) if (path, method) in SLOW else part
            attack(place, (path, method), mode, examples=examples, fault=faults.add)
        left = max(1, wanted - place.sent.total())
        part, number = min(PART, 1 + left // (len(every) * len(place.senders))), number + 1
        say(f"{place.sent.total()} sent, {faults.counted.total()} faults")


def report(place: Attacked, faults: Faults) -> None:
    """Print counts by who asked and status, and what went wrong."""
    for name in place.senders:
        statuses = sorted((s, n) for (who, s), n in place.sent.items() if who == name)
        say(f"{name}: " + ", ".join(f"{status} x {count}" for status, count in statuses))
    for kind, count in faults.counted.most_common():
        say(f"{count} x {kind}")


def economy(home: Path) -> Path:
    """Return a data folder with a small economy, ingested and refreshed."""
    files = write_files(home.parent / "files")
    with open_resources(Settings(home=home), now=lambda: NOW) as resources:
        job = ImportJob(resources.store, home, NOW, lambda *_: None, as_of=NOW.date())
        ingest("files", [files], job=job)
        refresh_version(resources, None, progress=lambda *_: None)
    return home


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())

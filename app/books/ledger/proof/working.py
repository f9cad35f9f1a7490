"""Ranges of events followed by processes of their own, which count what they have read."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Any

from app.books.ledger.proof.ranges import EventRange, FoldedRange, follow
from app.platform.errors import Unready
from app.platform.records import Records, open_records

POLL_SECONDS = 0.2
_counted: Any = None  # What this process tells the one that started it; set as it begins.


def _begin(counted: Any) -> None:
    global _counted  # noqa: PLW0603  # a shared counter cannot be sent with a task
    _counted = counted


def _told(count: int) -> None:
    with _counted.get_lock():
        _counted.value += count


def _followed(url: str, events: EventRange) -> FoldedRange:
    with open_records(url) as records, records.at_one_moment() as connection:
        return follow(connection, events, told=_told)


@contextlib.contextmanager
def followed_by_others(
    records: Records, ranges: Sequence[EventRange], told: Callable[[int], Any]
) -> Iterator[Callable[[], list[FoldedRange]]]:
    """
    Yield what waits for processes that follow ranges, one each; they begin at once.

    Args:
        records: The records database; each process opens it for itself.
        ranges: Which events each of them follows; with none no process is started.
        told: Called with the number of events that were followed, now and then.
    """
    if not ranges:
        yield list
        return
    spawn = get_context("spawn")
    counted = spawn.Value("q", 0)
    url = records.engine.url.render_as_string(hide_password=False)
    with ProcessPoolExecutor(len(ranges), spawn, _begin, (counted,)) as pool:
        futures = [pool.submit(_followed, url, each) for each in ranges]

        def finished() -> list[FoldedRange]:
            """Return what each range comes to, once all are followed."""
            left, seen = set(futures), 0
            while left:
                _, left = wait(left, POLL_SECONDS)
                now = counted.value
                told(now - seen)
                seen = now
            try:
                return [each.result() for each in futures]
            except BrokenProcessPool as error:
                raise Unready("a process that read the book was ended") from error

        yield finished

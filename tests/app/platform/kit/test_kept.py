"""What is kept for the next who asks: within its bytes, and made once."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.platform.process.kept import Answer, Kept, answer_bytes
from graph.testing.waiting import WAIT_S


def test_what_is_kept_stays_within_its_bytes() -> None:
    kept: Kept[bytes] = Kept(10, len)
    for name in "abc":
        kept.keep(name, b"four")
    kept.keep("c", b"four4")

    assert kept.find("a") is None
    assert [kept.find(name) is not None for name in "bc"] == [True, True]
    kept.keep("large", b"x" * 11)
    assert kept.find("large") is None
    assert kept.size <= 10


def test_an_answer_without_a_body_has_its_weight_too() -> None:
    kept: Kept[Answer] = Kept(2**16, answer_bytes)
    for number in range(1000):
        kept.keep(number, Answer(b"", "tag"))

    assert len(kept) < 200
    assert kept.size <= 2**16


def test_the_last_stays_whatever_its_size_where_told_so() -> None:
    kept: Kept[bytes] = Kept(10, len, count_min=1)
    kept.keep("first", b"x" * 20)
    kept.keep("second", b"x" * 30)

    assert kept.find("first") is None
    assert kept.find("second") is not None


def test_what_many_ask_for_at_once_is_made_once() -> None:
    kept: Kept[bytes] = Kept(10, len)
    begun, go, made = threading.Event(), threading.Event(), []

    def make() -> bytes:
        made.append(1)
        begun.set()
        assert go.wait(WAIT_S)
        return b"made"

    with ThreadPoolExecutor(8) as threads:
        first = threads.submit(kept.made, "key", make)
        assert begun.wait(WAIT_S)
        others = [threads.submit(kept.made, "key", make) for _ in range(7)]
        go.set()
        found = [each.result(WAIT_S) for each in (first, *others)]

    assert found == [b"made"] * 8
    assert made == [1]


def test_who_waits_for_what_fails_makes_it_itself() -> None:
    kept: Kept[bytes] = Kept(10, len)
    begun, go = threading.Event(), threading.Event()

    def fail() -> bytes:
        begun.set()
        assert go.wait(WAIT_S)
        raise ValueError("no")

    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(kept.made, "key", fail)
        assert begun.wait(WAIT_S)
        second = threads.submit(kept.made, "key", lambda: b"made")
        go.set()

        assert second.result(WAIT_S) == b"made"
        with pytest.raises(ValueError, match="no"):
            first.result(WAIT_S)

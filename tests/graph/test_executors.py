"""Work on threads."""

import threading
from collections.abc import Callable

import pytest

from graph.errors import InvalidInput
from graph.executors import Executor, Threads, executor_of
from graph.testing.executing import ExecutorTests


class TestThreads(ExecutorTests):
    @pytest.fixture(params=[1, 3])
    def executor(self, request: pytest.FixtureRequest) -> Executor:
        return Threads(request.param)


class Counted:
    """Work that counts its workers, and whether two chunks ever shared one at a time."""

    def __init__(self) -> None:
        self.workers = 0
        self.shared = False

    def worker(self) -> Callable[[int], int]:
        self.workers += 1
        busy = threading.Lock()

        def run(number: int) -> int:
            self.shared |= not busy.acquire(blocking=False)
            square = number * number
            busy.release()
            return square

        return run


def test_a_thread_has_a_worker_of_its_own_and_keeps_it() -> None:
    work = Counted()

    assert len(list(Threads(3).map(work, range(500)))) == 500
    assert work.workers <= 3
    assert not work.shared


def test_an_executor_stands_for_itself_and_a_number_for_threads() -> None:
    threads = Threads(2)

    assert executor_of(threads) is threads
    assert executor_of(5).workers == 5


@pytest.mark.parametrize("threads", [0, -1])
def test_less_than_one_thread_is_refused(threads: int) -> None:
    with pytest.raises(InvalidInput, match=f"threads {threads} is not at least 1"):
        executor_of(threads)

"""Work on threads of this process, which share all it reads."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from graph.errors import InvalidInput
from graph.executors.work import AHEAD, Executor, Found, Piece, Work


@dataclass(frozen=True, slots=True)
class Threads:
    """
    Threads of this process; kernels run side by side, as they do not hold the interpreter.

    Args:
        lanes: How many threads.

    Raises:
        InvalidInput: There is not at least one.
    """

    lanes: int = 1

    def __post_init__(self) -> None:
        if self.lanes < 1:
            raise InvalidInput(f"threads {self.lanes} is not at least 1")

    def map(self, work: Work[Piece, Found], pieces: Iterable[Piece]) -> Iterator[Found]:
        """Yield what each piece gives, in order; no more than `AHEAD` a thread are taken ahead."""
        spare: SimpleQueue[Callable[[Piece], Found]] = SimpleQueue()

        def run(piece: Piece) -> Found:
            try:
                lane = spare.get_nowait()
            except Empty:
                lane = work.lane()
            found = lane(piece)
            spare.put(lane)  # Not after an error: nobody knows what it left in its workspace.
            return found

        waiting: deque[Future[Found]] = deque()
        pool = ThreadPoolExecutor(self.lanes)
        try:
            for piece in pieces:
                waiting.append(pool.submit(run, piece))
                if len(waiting) >= self.lanes * AHEAD:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)


def executor_of(threads: int | Executor) -> Executor:
    """
    Return an executor as it is, and threads for their number.

    Raises:
        InvalidInput: The number is not at least 1.

    Example:
        >>> executor_of(2)
        Threads(lanes=2)
    """
    if isinstance(threads, int):
        return Threads(threads)
    if not hasattr(threads, "lanes"):
        raise InvalidInput(f"threads {threads!r} is neither a whole number nor an executor")
    return threads

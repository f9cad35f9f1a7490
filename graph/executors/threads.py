"""Work on threads of this process, which share all it reads."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from queue import Empty, SimpleQueue

from graph.errors import InvalidInput
from graph.executors.work import AHEAD, Chunk, Executor, Result, Work


@dataclass(frozen=True, slots=True)
class Threads:
    """
    Threads of this process; kernels run side by side, as they do not hold the interpreter.

    Args:
        workers: How many threads.

    Raises:
        InvalidInput: There is not at least one.
    """

    workers: int = 1

    def __post_init__(self) -> None:
        if self.workers < 1:
            raise InvalidInput(f"threads {self.workers} is not at least 1")

    def map(self, work: Work[Chunk, Result], chunks: Iterable[Chunk]) -> Iterator[Result]:
        """Yield what each chunk gives, in order; no more than `AHEAD` a thread are taken ahead."""
        spare: SimpleQueue[Callable[[Chunk], Result]] = SimpleQueue()

        def run(chunk: Chunk) -> Result:
            """Return what a worker that is free gives for a chunk."""
            try:
                worker = spare.get_nowait()
            except Empty:
                worker = work.worker()
            result = worker(chunk)
            spare.put(worker)  # Not after an error: nobody knows what it left in its workspace.
            return result

        waiting: deque[Future[Result]] = deque()
        pool = ThreadPoolExecutor(self.workers)
        try:
            for chunk in chunks:
                waiting.append(pool.submit(run, chunk))
                if len(waiting) >= self.workers * AHEAD:
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
        Threads(workers=2)
    """
    if isinstance(threads, int):
        return Threads(threads)
    if not hasattr(threads, "workers"):
        raise InvalidInput(f"threads {threads!r} is neither a whole number nor an executor")
    return threads

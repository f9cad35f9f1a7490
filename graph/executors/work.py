"""What an executor is given, and what it is."""

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

AHEAD = 4  # Chunks a worker may be ahead of who reads: bounds what is held in memory.
Chunk = TypeVar("Chunk")
Result = TypeVar("Result")
Takes_contra = TypeVar("Takes_contra", contravariant=True)
Gives_co = TypeVar("Gives_co", covariant=True)
Progress = Callable[[int], None]  # Told how many more are done.


class Work(Protocol[Takes_contra, Gives_co]):
    """
    What chunks are done with.

    To run in other processes it is pickled: as the names of what they can find there, never as
    arrays. Where they cannot, pickling raises `InvalidInput`.
    """

    def worker(self) -> Callable[[Takes_contra], Gives_co]:
        """Return a function with a workspace of its own, never called twice at a time."""
        ...


class Executor(Protocol):
    """Gives chunks of work to workers."""

    @property
    def workers(self) -> int:
        """Return how many chunks run at a time."""
        ...

    def map(self, work: Work[Chunk, Result], chunks: Iterable[Chunk]) -> Iterator[Result]:
        """
        Yield what each chunk gives, in order; no more than `AHEAD` a worker are taken ahead.

        Raises:
            GraphError: What a chunk raised; chunks after it may or may not have run.
            ExecutorFailed: A chunk could not be run at all.
        """
        ...

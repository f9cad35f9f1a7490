"""What an executor is given, and what it is."""

from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import Protocol, TypeVar

AHEAD = 4  # Pieces a lane may be ahead of who reads: bounds what is held in memory.
Piece = TypeVar("Piece")
Found = TypeVar("Found")
Progress = Callable[[int], None]  # Told how many more are done.


class Work(Protocol[Piece, Found]):
    """What pieces are done with."""

    def lane(self) -> Callable[[Piece], Found]:
        """Return a function with a workspace of its own, never called twice at a time."""
        ...

    def recipe(self) -> "Recipe[Piece, Found]":
        """
        Return what another process makes the same work from.

        Raises:
            InvalidInput: What it works on cannot be found by another process.
        """
        ...


class Recipe(Hashable, Protocol[Piece, Found]):
    """A few words that make the same work in any process; equal ones make it once in each."""

    def make(self) -> Work[Piece, Found]:
        """
        Return the work.

        Raises:
            GraphError: What it works on is not there, or is another.
        """
        ...


class Executor(Protocol):
    """Gives pieces of work to lanes."""

    @property
    def lanes(self) -> int:
        """Return how many pieces run at a time."""
        ...

    def map(self, work: Work[Piece, Found], pieces: Iterable[Piece]) -> Iterator[Found]:
        """
        Yield what each piece gives, in order; no more than `AHEAD` a lane are taken ahead.

        Raises:
            GraphError: What a piece raised; pieces after it may or may not have run.
            ExecutorFailed: A piece could not be run at all.
        """
        ...

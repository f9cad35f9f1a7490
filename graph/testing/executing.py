"""What being an executor means, and works that wait, fail or die, for tests of executors."""

import os
import signal
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from graph.errors import InvalidInput
from graph.executors import AHEAD, Executor, Work
from graph.executors.work import Chunk, Result
from graph.testing.waiting import until


@dataclass(frozen=True, slots=True)
class Squares:
    """Work that squares numbers and refuses one of them."""

    refused: int = -1

    def worker(self) -> Callable[[int], int]:
        """Return what squares."""

        def square(number: int) -> int:
            """Return a number times itself."""
            if number == self.refused:
                raise InvalidInput(f"{number} is refused")
            return number * number

        return square


@dataclass(frozen=True, slots=True)
class Faulty(Squares):
    """Work that leaves a mark, then dies or fails for a reason that is none of ours."""

    marks: Path = Path()
    deadly: bool = False

    def worker(self) -> Callable[[int], int]:
        """Return what fails."""

        def fail(number: int) -> int:
            """Leave a mark, then die or fail."""
            mark(self.marks)
            if self.deadly:
                os.kill(os.getpid(), signal.SIGKILL)
            raise RuntimeError(f"no memory for {number}")

        return fail


@dataclass(frozen=True, slots=True)
class GatedExecutor:
    """An executor whose chunks leave a mark, then wait for a file before they run."""

    executor: Executor
    marks: Path

    @property
    def workers(self) -> int:
        """Return those of the executor."""
        return self.executor.workers

    def map(self, work: Work[Chunk, Result], chunks: Iterable[Chunk]) -> Iterator[Result]:
        """Yield what each chunk gives, once the gate is open."""
        return self.executor.map(GatedWork(work, self.marks), chunks)

    def open(self) -> None:
        """Let all chunks run."""
        (self.marks / "open").touch()

    def processes(self) -> list[int]:
        """Return the process of every chunk that has begun, in the order of numbers."""
        return sorted(int(path.name.split(".")[0]) for path in self.marks.glob("*.mark"))


@dataclass(frozen=True, slots=True)
class GatedWork:
    """Work behind a gate."""

    inside: Work[Any, Any]
    marks: Path

    def worker(self) -> Callable[[Any], Any]:
        """Return what leaves a mark, waits and works."""
        worker = self.inside.worker()

        def run(chunk: Any) -> Any:
            """Leave a mark, wait, then work."""
            mark(self.marks)
            until((self.marks / "open").exists)
            return worker(chunk)

        return run


def mark(folder: Path) -> None:
    """Leave a file that names this process."""
    handle, _ = tempfile.mkstemp(prefix=f"{os.getpid()}.", suffix=".mark", dir=folder)
    os.close(handle)


class ExecutorTests:
    """Answers come in the order of their chunks, few are taken ahead, and errors come through."""

    @pytest.fixture
    def executor(self) -> Executor:
        """Return the executor under test; its author overrides this."""
        raise NotImplementedError

    def test_no_chunks_give_no_answers(self, executor: Executor) -> None:
        """An empty stream ends at once, also where no thread or process has begun."""
        assert list(executor.map(Squares(), [])) == []

    def test_answers_come_in_the_order_of_their_chunks(self, executor: Executor) -> None:
        """Whichever chunk ends first, its answer waits for those before it."""
        assert list(executor.map(Squares(), range(50))) == [n * n for n in range(50)]

    def test_few_chunks_are_taken_ahead_of_who_reads(self, executor: Executor) -> None:
        """The stream of chunks is read lazily: what waits in memory has a bound."""
        numbers = count()
        answers = executor.map(Squares(), numbers)

        assert [next(answers), next(answers), next(answers)] == [0, 1, 4]
        assert next(numbers) <= 3 + executor.workers * AHEAD
        answers.close()  # type: ignore[attr-defined]  # A generator, in every executor we have.

    def test_a_refusal_comes_through_in_its_place(self, executor: Executor) -> None:
        """An error of ours is raised as it is, after the answers before it."""
        answers = executor.map(Squares(refused=2), range(9))

        assert [next(answers), next(answers)] == [0, 1]
        with pytest.raises(InvalidInput, match="2 is refused"):
            next(answers)

    def test_an_executor_goes_on_after_a_refusal(self, executor: Executor) -> None:
        """A failed call leaves nothing behind that spoils the next."""
        with pytest.raises(InvalidInput):
            list(executor.map(Squares(refused=0), range(9)))

        assert list(executor.map(Squares(), [3])) == [9]

"""Work on the workers of a Dask scheduler, on this machine or on many."""

import pickle
from collections import deque
from collections.abc import Iterable, Iterator
from importlib import import_module
from typing import Any, Self
from uuid import uuid4

from graph.errors import ExecutorFailed, InvalidInput
from graph.executors import worker
from graph.executors.work import AHEAD, Chunk, Result, Work

PATIENCE_S = 30.0  # How long a scheduler, or a first worker, may keep us waiting.
CHUNK_HOURS_MAX = 24  # After which a chunk that does not come back is given up.
RETRIES = 2


class Dask:
    """
    The workers of a Dask scheduler.

    A chunk is sent with its work, pickled: a process reads it once, and what it works on from a
    folder that it must see under the same path. A chunk whose worker is lost runs again on
    another (as often as the scheduler allows, `distributed.scheduler.allowed-failures`); one that
    fails for a reason that is none of ours (a disk, memory) runs `retries` times more.

    Args:
        address: Of the scheduler, `tcp://HOST:PORT`, or `tls://` with what Dask's own
            configuration says of certificates.
        patience_s: How long to wait for the scheduler, and for a worker where there is none.
        retries: How often a failed chunk is tried again.

    Raises:
        InvalidInput: The address is none, or a bound is not positive.
        ExecutorFailed: There is no scheduler at the address, or `distributed` is not installed.

    Example:
        with Dask("tcp://10.0.0.5:8786") as executor:
            found = esri(load(folder), scenarios, threads=executor)
    """

    def __init__(
        self, address: str, *, patience_s: float = PATIENCE_S, retries: int = RETRIES
    ) -> None:
        if not (patience_s > 0.0 and retries >= 0):
            raise InvalidInput(f"patience_s {patience_s} or retries {retries} is too small")
        if "://" not in address:
            raise InvalidInput(f"{address!r} is no address of a scheduler: tcp://HOST:PORT")
        self._address, self._patience_s, self._retries = address, patience_s, retries
        self._dask = _distributed()
        self._here = worker.versions()
        try:
            self._client = self._dask.Client(address, timeout=patience_s, set_as_default=False)
        except ValueError as error:
            raise InvalidInput(f"{address!r} is no address of a scheduler: {error}") from error
        except OSError as error:
            raise ExecutorFailed(
                f"no scheduler answers at {address} within {patience_s:g} s: {error}"
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def close(self) -> None:
        """Leave the scheduler; its workers go on."""
        self._client.close()

    @property
    def workers(self) -> int:
        """
        Return how many threads all workers have now.

        Raises:
            ExecutorFailed: There is no worker, also after the patience.
        """
        try:
            self._client.wait_for_workers(1, timeout=self._patience_s)
        except OSError as error:
            raise ExecutorFailed(
                f"the scheduler at {self._address} has no worker, after {self._patience_s:g} s"
            ) from error
        return int(sum(self._client.nthreads().values()))

    def map(self, work: Work[Chunk, Result], chunks: Iterable[Chunk]) -> Iterator[Result]:
        """
        Yield what each chunk gives, in order; no more than `AHEAD` a worker are taken ahead.

        Raises:
            InvalidInput: What is worked on is not in a folder, or what a chunk raised.
            ExecutorFailed: A worker cannot see the folder or has other versions, a chunk killed
                its workers, or the scheduler or all workers went away.
        """
        packed = pickle.dumps(work, pickle.HIGHEST_PROTOCOL)
        most = self.workers * AHEAD
        waiting: deque[tuple[int, Any]] = deque()
        run = uuid4().hex
        try:
            for number, chunk in enumerate(chunks):
                order = worker.ChunkOrder(packed, chunk, self._here)
                waiting.append((number, self._submit(order, f"deeptier-{run}-{number}")))
                if len(waiting) >= most:
                    yield self._answer(*waiting.popleft())
            while waiting:
                yield self._answer(*waiting.popleft())
        finally:
            if waiting and self._client.status == "running":
                self._client.cancel([future for _, future in waiting], force=True)

    def _submit(self, order: worker.ChunkOrder, key: str) -> Any:
        # The scheduler opens what it passes on, unless it is bytes: so it needs none of our code.
        sent = pickle.dumps(worker.Sent(order), pickle.HIGHEST_PROTOCOL)
        # A chunk holds some megabytes of shocks and observers; Dask warns from ten on.
        with import_module("dask.config").set(
            {"distributed.admin.large-graph-warning-threshold": "1GB"}
        ):
            return self._client.submit(
                pickle.loads, sent, key=key, pure=False, retries=self._retries
            )

    def _answer(self, number: int, future: Any) -> Any:
        """Return what a chunk gives; raise what kept it from giving it."""
        dask = self._dask
        try:
            self._wait(number, future)
            answer = future.result()
        except dask.KilledWorker as error:
            raise ExecutorFailed(
                f"chunk {number}: its worker died each time it ran, at last {error.last_worker}"
            ) from error
        except dask.CancelledError as error:
            raise ExecutorFailed(
                f"chunk {number}: the scheduler at {self._address} went away"
            ) from error
        except ImportError as error:
            raise ExecutorFailed(f"{self._strangers()}: {error}") from error
        if isinstance(answer, worker.Refusal):
            raise answer.error
        return answer

    def _wait(self, number: int, future: Any) -> None:
        for _ in range(int(CHUNK_HOURS_MAX * 3600 / self._patience_s) + 1):
            try:
                future.exception(timeout=self._patience_s)
            except TimeoutError:
                self.workers  # noqa: B018  # Raises where nobody is left to do it.
            else:
                return
        raise ExecutorFailed(f"chunk {number} did not come back within {CHUNK_HOURS_MAX} hours")

    def _strangers(self) -> str:
        """Return which workers cannot load this package."""
        said = self._client.run(import_module, worker.__name__, on_error="return")
        names = [name for name, found in said.items() if isinstance(found, BaseException)]
        return f"worker {', '.join(names) or 'unknown'} cannot load this package"


def _distributed() -> Any:
    try:
        return import_module("distributed")
    except ModuleNotFoundError as error:
        raise ExecutorFailed(
            f"Dask is not installed ({error}): pip install 'deeptier[dask]'"
        ) from error

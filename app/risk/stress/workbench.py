"""
Where scenarios are computed for who asks the service: few at once, a few more wait.

Nothing of it happens in the threads that answer readers. The same scenario asked for twice at
once is computed once. Who goes before its turn leaves the queue.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from anyio import CapacityLimiter, to_thread

from app.chain.chains.cores import cores_of
from app.data.versions.service import policy_of
from app.platform.deps import Resources
from app.platform.errors import Busy, Conflict
from app.platform.http.turns import Turns
from app.risk.stress.child import Child
from app.risk.stress.files import scenario_of
from app.risk.stress.orders import ScenarioOrder
from app.risk.stress.repository import Part, ScenarioFolder, folder_of
from app.risk.stress.schemas import id_of
from graph.scenarios import Scenario

WAITING_MAX = 16
EACH_MAX = 4  # Scenarios that one principal waits for at once.
EACH_AGAIN_SECONDS = 2
THREADS_OF_ONE = 2  # One scenario at a time leaves a processor to readers on two.
AT_ONCE_MAX = 4
STOP_SECONDS = 10


async def name_of(
    workbench: "Workbench",
    resources: Resources,
    scenario: Scenario,
    *,
    version: int | None = None,
    who: str,
) -> str:
    """
    Return the name of a scenario that is there, computed where it was not yet.

    Raises:
        Absent: There is no such version.
        Busy: Too many wait, or who asks waits for too many already.
        NotFound: A firm that closes is not in the version.
        NotConverged: Losses still moved at the policy's bound on rounds.
    """
    order, name = await to_thread.run_sync(_order, resources, scenario, version)
    return name or await workbench.compute(order, who)


async def explained(
    workbench: "Workbench", resources: Resources, scenario: str, part: Part, *, who: str
) -> None:
    """
    Return once a part of a scenario is there, computed where it was not yet.

    Raises:
        Absent: There is no such scenario, or its version is gone.
        Conflict: It was computed under another policy than the one in force.
        Busy: Too many wait, or who asks waits for too many already.
        NotConverged: Losses still moved at the policy's bound on rounds.
    """
    order = await to_thread.run_sync(_order_of_part, resources, scenario, part)
    if order is not None:
        await workbench.compute(order, who)


def _order_of_part(resources: Resources, scenario: str, part: Part) -> ScenarioOrder | None:
    """Return what to compute; nothing where it was computed before."""
    kept = ScenarioFolder(folder_of(resources))
    document = kept.read(scenario)
    if kept.has(scenario, part):
        return None
    asked, version = scenario_of(document), resources.version(document["version"])
    policy = policy_of(resources, version.as_of)
    if id_of(asked, version.number, policy) != scenario:
        told = f"policy {policy.version} is not that of scenario {scenario!r}: post it again"
        raise Conflict(told)
    cores = cores_for(resources, asked, version.number)
    return ScenarioOrder(resources.settings, version.number, asked, part, cores)


def _order(
    resources: Resources, scenario: Scenario, number: int | None
) -> tuple[ScenarioOrder, str | None]:
    """Return what to compute, and the name of the scenario where it was computed before."""
    version = resources.version(number)
    name = id_of(scenario, version.number, policy_of(resources, version.as_of))
    found = ScenarioFolder(folder_of(resources)).has(name)
    cores = cores_for(resources, scenario, version.number)
    return ScenarioOrder(
        resources.settings, version.number, scenario, cores=cores
    ), name if found else None


def cores_for(resources: Resources, scenario: Scenario, version: int) -> tuple[str, ...] | None:
    """Return the cores of a version where a scenario names any, by which it is looked up."""
    named = any(hit.cores for hit in scenario.hits)
    return tuple(cores_of(resources, version)) if named else None


Key = tuple[int, Scenario, Part]


def _key(order: ScenarioOrder) -> Key:
    return order.version, order.scenario, order.part


class Computer(Protocol):
    """What computes one scenario at a time."""

    def compute(self, order: ScenarioOrder) -> str:
        """Return the name of a scenario once it is saved."""
        ...

    def end(self) -> None:
        """Give up what runs."""
        ...


@dataclass(slots=True)
class _SharedComputation:
    """One computation, and how many wait for it."""

    task: asyncio.Task[str]
    waiting: int = 0
    begun: bool = False


class Workbench:
    """The scenarios of one service; used by one event loop."""

    def __init__(self, threads: int, make: Callable[[], Computer] = Child) -> None:
        self._count = max(1, min(AT_ONCE_MAX, threads // THREADS_OF_ONE))
        self._make = make
        self._shared: dict[Key, _SharedComputation] = {}
        self._asked: Counter[str] = Counter()
        self.open()

    def open(self) -> None:
        """Begin to take scenarios; an application may be started again after it was stopped."""
        self._computers = [self._make() for _ in range(self._count)]
        self._idle = list(self._computers)
        self._turns = Turns("scenarios", at_once=self._count, waiting_max=WAITING_MAX)
        self._threads: CapacityLimiter | None = None

    async def compute(self, order: ScenarioOrder, who: str) -> str:
        """
        Return the name of a scenario once it is computed.

        Raises:
            Busy: Too many wait, or who asks waits for too many already.
            AppError: It was refused.
            GraphError: It was refused by the graph.
        """
        if self._asked[who] >= EACH_MAX:
            told = f"{EACH_MAX} scenarios of yours wait already"
            raise Busy(told, again_seconds=EACH_AGAIN_SECONDS)
        self._asked[who] += 1
        try:
            return await self._attend(self._found(order, who))
        finally:
            self._asked[who] -= 1
            if not self._asked[who]:
                del self._asked[who]

    def stop(self) -> None:
        """Send away who waits; what runs has a while to end before it is given up."""
        self._turns.close()
        asyncio.get_running_loop().call_later(STOP_SECONDS, self._give_up)

    async def close(self) -> None:
        """Send away who waits, and give up what runs."""
        self._turns.close()
        running = [each.task for each in self._shared.values()]
        await to_thread.run_sync(self._give_up)
        await asyncio.gather(*running, return_exceptions=True)

    def _give_up(self) -> None:
        for each in self._computers:
            each.end()

    def _found(self, order: ScenarioOrder, who: str) -> _SharedComputation:
        key = _key(order)
        found = self._shared.get(key)
        if found is None:
            task = asyncio.ensure_future(self._work(order, who))
            found = self._shared[key] = _SharedComputation(task)
            task.add_done_callback(partial(self._ended, key))
        return found

    def _ended(self, key: Key, task: asyncio.Task[str]) -> None:
        if key in self._shared and self._shared[key].task is task:
            del self._shared[key]
        if not task.cancelled():
            task.exception()  # Told to whoever waits; nobody may.

    async def _attend(self, shared: _SharedComputation) -> str:
        shared.waiting += 1
        try:
            return await asyncio.shield(shared.task)
        finally:
            shared.waiting -= 1
            if not shared.waiting and not shared.begun:
                self._shared = {k: each for k, each in self._shared.items() if each is not shared}
                shared.task.cancel()

    async def _work(self, order: ScenarioOrder, who: str) -> str:
        async with self._turns.turn(who):
            if (shared := self._shared.get(_key(order))) is not None:
                shared.begun = True
            computer = self._idle.pop()
            try:
                return await to_thread.run_sync(computer.compute, order, limiter=self._limiter())
            finally:
                self._idle.append(computer)

    def _limiter(self) -> CapacityLimiter:
        if self._threads is None:  # Made where the event loop runs.
            self._threads = CapacityLimiter(self._count)
        return self._threads

"""Scenarios of a service: computed apart, few at once, once for all who ask the same."""

import asyncio
import datetime as dt
import os
import signal
import threading
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.main import create_app
from app.platform.config import Settings
from app.platform.errors import Busy, Gone, Unready
from app.platform.http.attending import attended
from app.risk.stress.child import Child
from app.risk.stress.orders import ScenarioOrder
from app.risk.stress.schemas import closure
from app.risk.stress.workbench import EACH_MAX, WAITING_MAX, Workbench
from graph.errors import NotFound
from graph.testing.waiting import WAIT_S, until

NOW = dt.datetime(2026, 7, 15, 9, tzinfo=dt.UTC)
POSTED = "/api/v1/scenarios"


def order(firm: str) -> ScenarioOrder:
    return ScenarioOrder(Settings(), 1, closure([firm]))


class Held:
    """Computes what it is asked for when it is let; notes what it did."""

    def __init__(self) -> None:
        self.let = threading.Event()
        self.done: list[str] = []
        self.ended = False

    def compute(self, order: ScenarioOrder) -> str:
        assert self.let.wait(WAIT_S)
        if self.ended:
            raise Unready("ended")
        self.done.append(order.scenario.hits[0].firms[0])
        return self.done[-1]

    def end(self) -> None:
        self.ended = True
        self.let.set()


def run(story: Callable[[Workbench, Held], Coroutine[Any, Any, None]]) -> Held:
    held = Held()

    async def told() -> None:
        workbench = Workbench(1, lambda: held)
        try:
            await story(workbench, held)
        finally:
            held.let.set()
            await workbench.close()

    asyncio.run(told())
    return held


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def test_a_few_of_each_wait_and_the_queue_ends_somewhere() -> None:
    async def story(workbench: Workbench, held: Held) -> None:
        asked = {
            (who, number): asyncio.ensure_future(workbench.compute(order(f"{who}{number}"), who))
            for who in "abcdefgh"
            for number in range(EACH_MAX + 1)
        }
        await settle()
        held.let.set()
        ended = await asyncio.gather(*asked.values(), return_exceptions=True)
        found = dict(zip(asked, ended, strict=True))
        refused = [each for each in found.values() if isinstance(each, Busy)]
        assert len(refused) == len(asked) - WAITING_MAX - 1
        assert all(each.again_seconds and each.status == 503 for each in refused)
        assert all(isinstance(found[who, EACH_MAX], Busy) for who in "abcdefgh")
        assert all(any(found[who, n] == f"{who}{n}" for n in range(EACH_MAX)) for who in "abcdefgh")

    run(story)


def test_the_same_asked_twice_at_once_is_computed_once() -> None:
    async def story(workbench: Workbench, held: Held) -> None:
        asked = [asyncio.ensure_future(workbench.compute(order("X"), who)) for who in "aab"]
        await settle()
        held.let.set()
        assert await asyncio.gather(*asked) == ["X"] * 3

    assert run(story).done == ["X"]


def test_who_goes_before_its_turn_costs_nothing() -> None:
    async def story(workbench: Workbench, held: Held) -> None:
        first, second = (asyncio.ensure_future(workbench.compute(order(x), "a")) for x in "XY")
        await settle()
        second.cancel()
        await settle()
        again = asyncio.ensure_future(workbench.compute(order("Z"), "a"))
        held.let.set()
        assert (await first, await again) == ("X", "Z")

    assert run(story).done == ["X", "Z"]


def test_who_goes_while_it_is_computed_leaves_it_to_the_others() -> None:
    async def story(workbench: Workbench, held: Held) -> None:
        first, second = (asyncio.ensure_future(workbench.compute(order("X"), who)) for who in "ab")
        await settle()
        first.cancel()
        await settle()
        held.let.set()
        assert await second == "X"

    run(story)


def test_a_stop_sends_away_who_waits_and_gives_up_what_runs() -> None:
    async def story(workbench: Workbench, _: Held) -> None:
        asked = [asyncio.ensure_future(workbench.compute(order(x), "a")) for x in "XY"]
        await settle()
        await workbench.close()
        found = await asyncio.gather(*asked, return_exceptions=True)
        assert [type(each) for each in found] == [Unready, Busy]

    run(story)


def test_it_can_be_opened_again_after_a_stop() -> None:
    async def story() -> None:
        workbench = Workbench(1, Here)
        await workbench.close()
        with pytest.raises(Busy):
            await workbench.compute(order("X"), "a")
        workbench.open()
        assert await workbench.compute(order("X"), "a") == "X"

    asyncio.run(story())


class Here:
    """Computes at once."""

    def compute(self, order: ScenarioOrder) -> str:
        return order.scenario.hits[0].firms[0]

    def end(self) -> None:
        """Nothing runs on."""


class Leaving:
    """A request whose client goes at once."""

    async def receive(self) -> dict[str, str]:
        return {"type": "http.disconnect"}


def test_work_is_given_up_when_the_client_goes() -> None:
    ended: list[str] = []

    async def work() -> None:
        try:
            await asyncio.sleep(20)
        finally:
            ended.append("yes")

    with pytest.raises(Gone):
        asyncio.run(attended(Leaving(), work()))  # type: ignore[arg-type]  # it only receives
    assert ended == ["yes"]


@pytest.fixture
def child() -> Iterator[Child]:
    made = Child()
    yield made
    made.end()


def test_a_child_computes_refuses_and_is_replaced_when_it_dies(
    child: Child, settings: Settings, home: Path
) -> None:
    first = child.compute(ScenarioOrder(settings, 1, closure(["MILL"])))
    with pytest.raises(NotFound):
        child.compute(ScenarioOrder(settings, 1, closure(["NONE"])))
    assert child._process is not None
    os.kill(child._process.pid, signal.SIGKILL)
    child._process.wait()
    again = child.compute(ScenarioOrder(settings, 1, closure(["PART"])))

    assert {first, again} == {path.name for path in (home / "runs" / "scenarios").iterdir()}


def test_a_child_that_takes_too_long_is_ended(settings: Settings) -> None:
    child = Child(seconds_max=0)

    with pytest.raises(Unready, match="given up"):
        child.compute(ScenarioOrder(settings, 1, closure(["MILL"])))
    assert child._process is None


def test_over_the_interface_who_asks_too_often_is_told_to_come_again(
    settings: Settings, bearer: Any
) -> None:
    held = Held()
    app = create_app(settings, now=lambda: NOW, computer=lambda: held)
    headers = bearer("officer")
    answers: list[Any] = []
    with TestClient(app) as client:

        def ask(firm: str) -> None:
            answers.append(client.post(POSTED, json={"close": [firm]}, headers=headers))

        threads = [
            threading.Thread(target=ask, args=(firm,))
            for firm in ("MILL", "PART", "SHOP", "CORE1", "CORE2", "X")
        ]
        for each in threads:
            each.start()
        until(lambda: len(answers) >= len(threads) - EACH_MAX)
        early = list(answers)
        held.end()
        for each in threads:
            each.join()

    assert {each.status_code for each in early} == {503}
    assert {each.json()["code"] for each in early} == {"busy"}
    assert all(int(each.headers["Retry-After"]) >= 1 for each in early)

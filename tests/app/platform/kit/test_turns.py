"""Turns: so many at once, fairly, and refused early where too many wait."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import pytest

from app.platform.errors import Busy
from app.platform.http.turns import Turns


def run(story: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(story())


class Work:
    """Pieces of work that end when they are told to; their order is noted."""

    def __init__(self, turns: Turns) -> None:
        self.turns = turns
        self.begun: list[str] = []
        self.ends: dict[str, asyncio.Event] = {}

    def start(self, name: str) -> asyncio.Task[None]:
        self.ends[name] = asyncio.Event()
        return asyncio.ensure_future(self._do(name))

    async def _do(self, name: str) -> None:
        async with self.turns.turn(name[0]):
            self.begun.append(name)
            await self.ends[name].wait()

    async def end(self, *names: str) -> None:
        for name in names:
            self.ends[name].set()
            await settle()


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def refused(task: Awaitable[None]) -> Busy:
    with pytest.raises(Busy) as caught:
        await task
    return caught.value


def test_turns_go_round_those_who_wait() -> None:
    async def story() -> None:
        work = Work(Turns("tests", at_once=1, waiting_max=9))
        tasks = [work.start(name) for name in ("a1", "a2", "a3", "b1", "c1", "b2")]
        await settle()
        await work.end("a1", "b1", "c1", "a2", "b2", "a3")
        await asyncio.gather(*tasks)
        assert work.begun == ["a1", "b1", "c1", "a2", "b2", "a3"]

    run(story)


def test_who_finds_too_many_waiting_is_told_when_to_come_again() -> None:
    async def story() -> None:
        work = Work(Turns("tests", at_once=2, waiting_max=2))
        tasks = [work.start(name) for name in ("a1", "a2", "a3", "a4")]
        await settle()
        busy = await refused(work.start("a5"))
        assert (busy.status, busy.code, busy.again_seconds) == (503, "busy", 2)
        await work.end("a1", "a2", "a3", "a4")
        await asyncio.gather(*tasks)

    run(story)


def test_one_who_floods_takes_nobody_else_s_place() -> None:
    async def story() -> None:
        work = Work(Turns("tests", at_once=1, waiting_max=3))
        tasks = {name: work.start(name) for name in ("a1", "a2", "a3", "a4")}
        await settle()
        tasks["b1"] = work.start("b1")
        await refused(tasks.pop("a4"))
        await refused(work.start("a5"))
        await work.end("a1", "b1", "a2", "a3")
        await asyncio.gather(*tasks.values())
        assert work.begun == ["a1", "b1", "a2", "a3"]

    run(story)


def test_who_goes_while_waiting_leaves_the_queue_and_loses_no_turn() -> None:
    async def story() -> None:
        work = Work(Turns("tests", at_once=1, waiting_max=3))
        one, two, three = (work.start(name) for name in ("a1", "b1", "c1"))
        await settle()
        two.cancel()
        await work.end("a1")
        three.cancel()  # It was given its turn just now.
        await settle()
        last = work.start("d1")
        await work.end("d1")
        await asyncio.gather(one, last)
        assert "b1" not in work.begun
        assert "d1" in work.begun

    run(story)


def test_a_stop_sends_away_who_waits_and_lets_end_what_runs() -> None:
    async def story() -> None:
        turns = Turns("tests", at_once=1, waiting_max=3)
        work = Work(turns)
        runs, waits = work.start("a1"), work.start("a2")
        await settle()
        turns.close()
        await refused(waits)
        await refused(work.start("b1"))
        assert not runs.done()
        await work.end("a1")
        await runs
        assert runs.done()

    run(story)


def test_what_fails_gives_its_turn_back() -> None:
    async def story() -> None:
        turns = Turns("tests", at_once=1, waiting_max=0)
        for _ in range(3):
            with pytest.raises(KeyError):
                async with turns.turn("a"):
                    raise KeyError

    run(story)

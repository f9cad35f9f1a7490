"""How many reads are put together at once, and that others are answered meanwhile."""

import threading
from concurrent.futures import ThreadPoolExecutor

from fastapi.testclient import TestClient

from app.main import READING_MAX, create_app
from app.platform.auth.rules import OPEN, allow
from app.platform.config import Settings
from app.platform.http.routing import Router
from graph.testing.waiting import WAIT_S, until


def test_a_few_reads_are_put_together_at_once_and_health_waits_for_none(
    settings: Settings,
) -> None:
    router, go = Router(), threading.Event()
    running: list[int] = []

    @router.get("/slow", dependencies=[allow(OPEN)])
    def slow() -> dict[str, int]:
        running.append(1)
        assert go.wait(WAIT_S)
        return {}

    app = create_app(settings)
    app.include_router(router)
    with TestClient(app) as client, ThreadPoolExecutor(READING_MAX + 3) as threads:
        asked = [threads.submit(client.get, "/slow") for _ in range(READING_MAX + 3)]
        until(lambda: len(running) >= READING_MAX)
        alive = client.get("/healthz").status_code
        begun = len(running)
        go.set()

        assert {each.result(WAIT_S).status_code for each in asked} == {200}
    assert alive == 200
    assert begun == READING_MAX

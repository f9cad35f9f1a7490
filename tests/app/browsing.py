"""The service at an address of its own, and the distribution's Chromium to read it with."""

import os
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import pytest
import uvicorn
from fastapi import FastAPI

from graph.testing.waiting import until

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@contextmanager
def served_at(app: FastAPI, *, lifespan: Literal["on", "off"]) -> Iterator[str]:
    """Yield the address of an application, with or without what it does beside its answers."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(64)
        config = uvicorn.Config(app, log_level="error", lifespan=lifespan, ws="none")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
        thread.start()
        until(lambda: server.started)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join(timeout=30)


@contextmanager
def launched(sync_api: Any) -> Iterator[Any]:
    """Yield a browser; where there is none, the test is skipped, in a whole run it fails."""
    if CHROMIUM is None:
        if os.environ.get("CI") == "true":
            pytest.fail("Chromium is missing: install the distribution's chromium")
        pytest.skip("Chromium is missing: install the distribution's chromium")
    with sync_api.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()

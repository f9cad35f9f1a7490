"""Who may not send a body is told so before it is read, and nothing of it is kept."""

import contextlib
import json
import tempfile
from collections.abc import Iterator
from typing import Any

import pytest

from app.main import create_app
from app.platform.config import Settings
from tests.app.conftest import NOW
from tests.app.platform.server.clients import Served, served

LARGE = 4 * 2**30 - 1
FORM = "Content-Type: multipart/form-data; boundary=x\r\n"
LENGTHS = {
    "announced": f"Content-Length: {LARGE}\r\n",
    "open-ended": "Transfer-Encoding: chunked\r\n",
    "expecting": f"Content-Length: {LARGE}\r\nExpect: 100-continue\r\n",
}


@pytest.fixture
def service(settings: Settings) -> Iterator[Served]:
    with served(create_app(settings, now=lambda: NOW)) as found:
        yield found


def answered(service: Served, path: str, headers: str) -> tuple[bytes, dict[str, Any]]:
    """Send a header only, and return the header and document that come back."""
    client = service.dial(f"POST {path} HTTP/1.1\r\nHost: x\r\n{FORM}{headers}\r\n")
    found = b""
    with contextlib.suppress(ConnectionResetError):
        while part := client.recv(65536):
            found += part
    head, _, body = found.partition(b"\r\n\r\n")
    return head, json.loads(body)


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize(
    ("role", "firm", "status"),
    [(None, None, 401), ("supplier", "MILL", 403), ("officer", None, 403), ("auditor", None, 403)],
)
def test_an_upload_by_who_may_not_import_is_refused_unread(
    service: Served, bearer: Any, length: str, role: Any, firm: str | None, status: int
) -> None:
    token = bearer(role, firm)["Authorization"] if role else ""
    asks = f"Authorization: {token}\r\n" if token else ""

    head, problem = answered(service, "/api/v1/imports", f"{asks}{LENGTHS[length]}")

    assert head.startswith(f"HTTP/1.1 {status} ".encode())
    assert problem["status"] == status
    assert b"connection: close" in head.lower()
    assert b"100 Continue" not in head


def test_an_upload_past_its_bound_is_refused_unread(service: Served, bearer: Any) -> None:
    token = bearer("risk")["Authorization"]
    asks = f"Authorization: {token}\r\nContent-Length: {LARGE * 2}\r\n"

    head, problem = answered(service, "/api/v1/imports", asks)

    assert head.startswith(b"HTTP/1.1 413 ")
    assert problem["code"] == "too_large"


@pytest.mark.parametrize("path", ["/stress", "/api/v1/scenarios", "/api/v1/session", "/sign-in"])
def test_a_body_that_is_too_large_for_its_route_is_refused_unread(
    service: Served, path: str
) -> None:
    head, problem = answered(service, path, LENGTHS["announced"])

    assert problem["status"] in (401, 413)
    assert b"connection: close" in head.lower()


def test_no_file_is_kept_of_what_is_refused(
    service: Served, bearer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Any] = []
    monkeypatch.setattr(tempfile, "SpooledTemporaryFile", lambda *_, **__: made.append(1))
    token = bearer("officer")["Authorization"]
    part = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.csv"\r\n\r\n'

    client = service.dial(
        f"POST /api/v1/imports HTTP/1.1\r\nHost: x\r\n{FORM}Authorization: {token}\r\n"
        f"Content-Length: {LARGE}\r\n\r\n"
    )
    with contextlib.suppress(OSError):
        client.sendall(part + bytes(2**20))

    assert client.recv(65536).startswith(b"HTTP/1.1 403")
    assert made == []


def test_a_small_body_that_nobody_wanted_keeps_the_connection(service: Served) -> None:
    body = json.dumps({"close": ["MILL"]})
    client = service.dial()
    for _ in range(2):
        client.sendall(
            f"POST /api/v1/scenarios HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n"
            f"Content-Type: application/json\r\n\r\n{body}".encode()
        )
        found = b""
        while not found.endswith(b"}"):
            found += client.recv(65536)
        assert found.startswith(b"HTTP/1.1 401")

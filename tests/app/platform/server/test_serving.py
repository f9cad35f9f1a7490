"""Connections of nobody: how many, how long, and that everybody else still gets an answer."""

import contextlib
import errno
import json
import socket
import threading
from typing import Any

import pytest
from structlog.testing import capture_logs

from app.platform.errors import Conflict
from app.platform.http.crowding import Crowding, refused_at_the_door
from app.platform.server.bounds import connections_max
from app.platform.server.serving import listen
from graph.testing.waiting import WAIT_S, until
from tests.app.platform.server import clients
from tests.app.platform.server.clients import get, post, taken

LARGE = 32 * 2**20


async def service(scope: Any, receive: Any, send: Any) -> None:
    """`/read` takes the body, `/wait` never answers, `/large` answers much, the others at once."""
    if scope["type"] == "lifespan":
        while (message := await receive())["type"] != "lifespan.shutdown":
            await send({"type": f"{message['type']}.complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    while scope["path"] == "/read" and (await receive()).get("more_body"):
        pass
    while scope["path"] == "/wait" and (await receive())["type"] != "http.disconnect":
        pass
    body = bytes(LARGE) if scope["path"] == "/large" else b"ok"
    headers = [(b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def served(listener: socket.socket | None = None, **bounds: float) -> Any:
    return clients.served(Crowding(service), listener, **bounds)


def test_small_answers_leave_at_once() -> None:
    with served() as found, found.dial(get("/")) as client:
        client.recv(65536)
        (connection,) = found.server.server_state.connections
        accepted = connection.transport.get_extra_info("socket")

        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_a_connection_is_kept_for_the_next_request() -> None:
    with served() as found, found.dial() as client:
        for _ in range(3):
            client.sendall(get("/").encode())
            found_text = b""
            while not found_text.endswith(b"\r\n\r\nok"):
                found_text += client.recv(65536)
            assert found_text.startswith(b"HTTP/1.1 200")


def test_who_asks_gets_in_though_idle_connections_take_all_there_are() -> None:
    with served(connections_max=16) as found:
        idle = [found.dial() for _ in range(40)]

        assert found.ask("/").startswith(b"HTTP/1.1 200")
        assert len(found.server.connections) <= 16
        assert idle[0].recv(1) == b""


@pytest.mark.parametrize("text", [get("/"), post("/read", 1000), "GET / HTTP/1.1\r\nX: "])
def test_who_asks_gets_in_whatever_others_leave_undone(text: str) -> None:
    with served(connections_max=16) as found:
        for _ in range(40):
            found.dial(text)

        assert found.ask("/").startswith(b"HTTP/1.1 200")


def test_health_is_told_while_every_connection_is_being_answered() -> None:
    with served(connections_max=16) as found:
        for _ in range(16):
            found.dial(get("/wait"))
        until(lambda: len(found.server.server_state.tasks) == 16)
        for _ in range(5):
            found.dial()

        assert found.ask("/healthz").startswith(b"HTTP/1.1 200")
        refused = found.ask("/").lower()
        assert refused.startswith(b"http/1.1 503")
        assert b"retry-after: 5" in refused
        assert b'"code":"busy"' in refused


class Stalling:
    """The service above; `/stall` holds the whole event loop until it may go on."""

    def __init__(self) -> None:
        self.stalls, self.goes_on = threading.Event(), threading.Event()
        self.begun: list[str] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            self.begun.append(scope["path"])
            if scope["path"] == "/stall":
                self.stalls.set()
                self.goes_on.wait(WAIT_S)
        await service(scope, receive, send)

    def hold(self, found: clients.Served) -> None:
        found.dial(get("/stall"))
        assert self.stalls.wait(WAIT_S)


def test_a_probe_does_not_wait_for_all_who_asked_before_it() -> None:
    asked = 200
    app = Stalling()
    with clients.served(Crowding(app)) as found:
        app.hold(found)
        before = [found.dial(get("/", close=True)) for _ in range(asked)]
        probe = found.dial(get("/healthz", close=True))
        app.goes_on.set()

        assert taken(probe).startswith(b"HTTP/1.1 200")
        assert all(taken(each).startswith(b"HTTP/1.1 200") for each in before)
    assert app.begun.index("/healthz") < asked // 4


def test_who_has_asked_is_answered_however_late_the_server_reads() -> None:
    app = Stalling()
    with clients.served(Crowding(app), connections_max=16) as found:
        for _ in range(15):
            found.dial(get("/wait"))
        until(lambda: len(found.server.server_state.tasks) == 15)
        app.hold(found)
        late = [found.dial(get("/read", close=True)) for _ in range(60)]
        posts = [found.dial(post("/", 1) + "x") for _ in range(5)]
        probes = [found.dial(get("/healthz", close=True)) for _ in range(30)]
        app.goes_on.set()

        assert all(taken(each).startswith(b"HTTP/1.1 200") for each in probes)
        answers = [taken(each) for each in (*late, *posts)]
        assert all(each.startswith((b"HTTP/1.1 200", b"HTTP/1.1 503")) for each in answers)
        assert any(each.startswith(b"HTTP/1.1 503") for each in answers)


def test_a_kept_connection_that_asks_again_is_not_let_go_unread() -> None:
    app = Stalling()
    with clients.served(Crowding(app), connections_max=16) as found:
        kept = [found.dial(get("/")) for _ in range(15)]
        assert all(client.recv(65536) for client in kept)
        app.hold(found)
        for client in kept:
            client.sendall(get("/", close=True).encode())
        others = [found.dial(get("/wait")) for _ in range(40)]
        app.goes_on.set()

        assert all(taken(client).endswith(b"ok") for client in kept)
        for each in others:
            each.close()


def test_nobody_is_let_go_while_nobody_waits() -> None:
    with clients.served(service, connections_max=4) as found:
        kept = [found.dial(get("/")) for _ in range(4)]
        assert all(client.recv(65536) for client in kept)
        for client in kept:
            client.sendall(get("/", close=True).encode())

        assert all(taken(client).endswith(b"ok") for client in kept)


@pytest.mark.parametrize("begins", ["", "GET / HTTP/1.1\r\n", post("/", 1), get("/healthz")])
def test_only_what_is_whole_and_no_probe_is_refused_at_the_door(begins: str) -> None:
    assert refused_at_the_door(begins.encode()) == b""


def test_a_refusal_at_the_door_is_a_whole_answer() -> None:
    head, _, body = refused_at_the_door(get("/x").encode()).partition(b"\r\n\r\n")

    assert json.loads(body)["code"] == "busy"
    assert f"content-length: {len(body)}".encode() in head.lower()
    assert refused_at_the_door(b"HEAD / HTTP/1.1\r\nHost: x\r\n\r\n") == head + b"\r\n\r\n"


def test_half_a_header_is_cut_with_408() -> None:
    with served(header_seconds=0.2) as found, found.dial("GET / HTTP/1.1\r\nX: ") as client:
        assert taken(client).startswith(b"HTTP/1.1 408")


def test_a_kept_connection_does_not_wait_for_ever_for_the_rest_of_a_header() -> None:
    with served(header_seconds=0.2) as found, found.dial(get("/") + "GET / HT") as client:
        assert taken(client).endswith(b"\r\n\r\n")  # The answer, then 408.


def test_a_body_that_does_not_come_is_cut() -> None:
    with served(body_seconds=0.2) as found, found.dial(post("/read", 1000) + "x") as client:
        assert taken(client) == b""


def test_a_kept_connection_without_a_request_is_closed() -> None:
    with served(idle_seconds=1) as found, found.dial(get("/")) as client:
        assert taken(client).startswith(b"HTTP/1.1 200")


def test_who_does_not_take_an_answer_is_cut() -> None:
    with served(unsent_seconds=0.2) as found, found.dial(get("/large")):
        until(lambda: found.server.server_state.total_requests > 0)
        assert until(lambda: len(found.server.connections) == 0)


def test_who_takes_an_answer_a_byte_at_a_time_is_cut() -> None:
    bounds = {"unsent_seconds": 0.3, "taken_bytes_a_second": 2**40}
    with served(**bounds) as found, found.dial(get("/large")) as client:
        left = threading.Event()

        def trickle() -> None:
            with contextlib.suppress(OSError):
                while not left.wait(0.01) and client.recv(2**14):
                    pass

        reader = threading.Thread(target=trickle)
        reader.start()
        until(lambda: found.server.server_state.total_requests > 0)
        assert until(lambda: len(found.server.connections) == 0)
        left.set()
        reader.join(WAIT_S)


def test_what_nobody_takes_is_bounded_over_all_connections() -> None:
    with served(unsent_bytes_max=3 * LARGE) as found:
        held = [found.dial(get("/large")) for _ in range(9)]
        until(lambda: found.server.server_state.total_requests == len(held))
        kept = found.server.server_state.connections

        until(lambda: len(found.server.connections) <= 4)
        until(lambda: sum(each.unsent_bytes for each in list(kept)) <= 3 * LARGE)
        assert found.ask("/").startswith(b"HTTP/1.1 200")


def test_a_large_answer_alone_is_never_cut_for_its_size() -> None:
    with served(unsent_bytes_max=2**20) as found:
        assert len(found.ask("/large")) > LARGE


@pytest.mark.parametrize("ends", ["", "Connection: close\r\n"])
def test_an_answer_that_did_not_wait_for_the_body_reaches_who_still_sends(ends: str) -> None:
    head = f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {LARGE}\r\n{ends}\r\n"
    with served() as found, found.dial(head) as client:
        sent = 0
        with contextlib.suppress(OSError):
            while sent < LARGE // 4:
                sent += client.send(bytes(65536))

        assert client.recv(65536).startswith(b"HTTP/1.1 200")


class Exhausted(socket.socket):
    """A listening socket for which the process has no descriptor left, five times."""

    left = 5

    def accept(self) -> Any:
        if self.left:
            self.left -= 1
            raise OSError(errno.EMFILE, "too many open files")
        return super().accept()


def test_no_descriptor_left_is_one_line_in_the_log_and_passes() -> None:
    place = Exhausted(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    place.setblocking(False)  # noqa: FBT003  # the standard library's form
    place.bind(("127.0.0.1", 0))

    def told() -> list[Any]:
        return [line for line in lines if line["event"] == "connections"]

    with capture_logs() as lines, served(place, sweep_seconds=1.0) as found:
        answers = [found.ask("/") for _ in range(8)]
        until(told)

    assert answers[-1].startswith(b"HTTP/1.1 200")
    assert sum(line["refused"] for line in told()) >= 1
    assert len(told()) <= 3


def test_what_is_no_http_is_refused_without_a_line(caplog: pytest.LogCaptureFixture) -> None:
    with served() as found, found.dial("\x16\x03\x01 no\r\n\r\n") as client:
        assert taken(client).startswith(b"HTTP/1.1 400")

    assert "Invalid HTTP" not in caplog.text


def test_it_stops_though_connections_are_in_every_state() -> None:
    with served(linger_seconds=0.1) as found:
        texts = ["", "GET", get("/"), post("/", 10), post("/read", 10)]
        held = [found.dial(text) for text in texts]
        assert until(lambda: len(found.server.connections) == len(texts))
        held[-1].close()  # What waits for its client waits until it goes, or for its bound.
        found.held.pop_all()
    for each in held:
        each.close()


def test_an_address_in_use_is_said_in_words() -> None:
    with listen("127.0.0.1", 0) as taken_place:
        taken_place.listen()
        with pytest.raises(Conflict, match="cannot listen on 127"):
            listen("127.0.0.1", taken_place.getsockname()[1])


@pytest.mark.parametrize(
    ("files", "connections"), [(1024, 512), (600, 344), (200, 100), (20, 16), (-1, 512)]
)
def test_connections_leave_files_for_everything_else(
    monkeypatch: pytest.MonkeyPatch, files: int, connections: int
) -> None:
    monkeypatch.setattr("resource.getrlimit", lambda _: (files, files))

    assert connections_max(512) == connections

"""Answers packed with gzip: for whom, from what size, and what tags and caches are told."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.routing import Route

from app.platform.auth import sessions
from app.platform.http.answers import answer
from app.platform.http.heads import HeadAsGet
from app.platform.http.packing import BYTES_AT_ONCE, Packing, accepts_gzip
from app.platform.process.kept import Kept

TEXT = {"rows": ["the same words over and over"] * 100}
PACKS = {"Accept-Encoding": "gzip"}


def tagged(request: Request) -> Response:
    return answer(request, TEXT, version=1, policy="p")


def large(_: Request) -> Response:
    return Response("x" * (BYTES_AT_ONCE * 3), media_type="text/csv")


def small(_: Request) -> Response:
    return Response("x" * 100, media_type="text/plain")


def picture(_: Request) -> Response:
    return Response(b"x" * 5000, media_type="image/png")


def fixed(_: Request) -> Response:
    headers = {"Cache-Control": "no-transform"}
    return Response("x" * 5000, media_type="text/plain", headers=headers)


def streamed(_: Request) -> Response:
    return StreamingResponse(iter([f"line {n}\n" * 50 for n in range(100)]), media_type="text/csv")


def file(_: Request) -> Response:
    return FileResponse(__file__, media_type="text/plain")


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    found = [tagged, large, small, picture, fixed, streamed, file]
    routes = [Route(f"/{each.__name__}", each, methods=["GET"]) for each in found]
    with TestClient(HeadAsGet(Packing(Starlette(routes=routes), kept=Kept(2**24, len)))) as client:
        yield client


def get(client: TestClient, path: str, **headers: str) -> Any:
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.get(path, headers={"Accept-Encoding": "identity", **told})


@pytest.mark.parametrize("path", ["/tagged", "/large", "/streamed", "/file"])
def test_packed_or_not_it_says_the_same(client: TestClient, path: str) -> None:
    plain, packed = get(client, path), get(client, path, Accept_Encoding="gzip")

    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.content == plain.content
    assert "Accept-Encoding" in plain.headers["vary"]
    assert "Accept-Encoding" in packed.headers["vary"]
    if path != "/streamed":
        assert int(packed.headers["content-length"]) < int(plain.headers["content-length"])


@pytest.mark.parametrize("path", ["/small", "/picture", "/fixed"])
def test_what_gains_nothing_is_left_as_it_is(client: TestClient, path: str) -> None:
    assert "content-encoding" not in get(client, path, Accept_Encoding="gzip").headers


def test_the_two_forms_have_tags_of_their_own_and_either_is_known_again(
    client: TestClient,
) -> None:
    plain, packed = get(client, "/tagged"), get(client, "/tagged", Accept_Encoding="gzip")
    tags = [plain.headers["etag"], packed.headers["etag"]]

    assert tags[1] == f'{tags[0][:-1]}-gzip"'
    for tag in tags:
        for told in (tag, f"W/{tag}", f'"other", {tag}'):
            again = get(client, "/tagged", Accept_Encoding="gzip", If_None_Match=told)
            assert (again.status_code, again.content) == (304, b"")
            assert again.headers["etag"] == tag
            assert "Accept-Encoding" in again.headers["vary"]
    assert get(client, "/tagged", If_None_Match='"other-gzip"').status_code == 200


def test_head_tells_what_get_would_send(client: TestClient) -> None:
    for asks in ("gzip", "identity"):
        head = client.head("/tagged", headers={"Accept-Encoding": asks})
        whole = client.get("/tagged", headers={"Accept-Encoding": asks})
        assert head.content == b""
        assert head.headers == whole.headers


def test_a_part_of_a_file_is_never_packed(client: TestClient) -> None:
    part = get(client, "/file", Accept_Encoding="gzip", Range="bytes=0-1999")

    assert part.status_code == 206
    assert len(part.content) == 2000
    assert "content-encoding" not in part.headers


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_what_another_site_asks_for_is_not_packed(client: TestClient, site: str) -> None:
    asked = get(client, "/tagged", Accept_Encoding="gzip", Sec_Fetch_Site=site)
    own = get(client, "/tagged", Accept_Encoding="gzip", Sec_Fetch_Site="same-origin")

    assert "content-encoding" not in asked.headers
    assert own.headers["content-encoding"] == "gzip"


@pytest.mark.parametrize(
    ("told", "accepted"),
    [
        ("gzip;q=0.001", True),
        ("deflate, GZIP ; q=0.5", True),
        ("gzip;q=0.000", False),
        ("identity", False),
        ("*;q=0, gzip", True),
        ("gzip;q=0, *", False),
        ("x-gzip", False),
    ],
)
def test_weights_are_honoured(told: str, accepted: bool) -> None:  # noqa: FBT001  # a parameter of the test
    assert accepts_gzip(told) is accepted


def test_a_page_never_carries_the_same_letters_for_a_token_twice() -> None:
    token = "ab" * 32

    one, other = sessions.masked(token), sessions.masked(token)

    assert one != other
    assert token not in one + other
    assert sessions.unmasked(one) == sessions.unmasked(other) == sessions.unmasked(token) == token
    assert sessions.unmasked("no token") == "no token"


def test_two_files_of_one_tag_and_one_size_stay_two() -> None:
    def same_tag(request: Request) -> Response:
        letter = request.path_params["letter"]
        return Response(letter * 5000, media_type="text/plain", headers={"ETag": '"one"'})

    made = Starlette(routes=[Route("/{letter}", same_tag)])
    with TestClient(Packing(made, kept=Kept(2**24, len))) as client:
        found = [client.get(f"/{letter}", headers=PACKS).text[0] for letter in "aba"]

    assert found == ["a", "b", "a"]

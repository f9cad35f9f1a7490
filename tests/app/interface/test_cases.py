"""Whatever is sent, by whom, what comes back is as the description says."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.main import create_app
from app.platform.config import Settings
from tests.app.interface.cases import OTHERS, Attacked, attack, attacked, kinds

EXAMPLES = 6
SLOW = {
    ("/api/v1/session", "POST"): 2,  # Passwords are hashed.
    ("/api/v1/sources/guess", "POST"): 1,  # A child reads each.
}


@pytest.fixture(scope="module")
def place(kept_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    with attacked(kept_home, tmp_path_factory.mktemp("cases") / "home") as found:
        yield found


@pytest.mark.parametrize(
    ("path", "method", "mode"), kinds(create_app(Settings()).openapi()), ids=str
)
def test_every_answer_to_everybody_is_as_described(
    place: Attacked, path: str, method: str, mode: str
) -> None:
    before = place.sent.total()
    attack(place, (path, method), mode, examples=SLOW.get((path, method), EXAMPLES))

    assert place.sent.total() > before


def test_a_method_that_a_path_does_not_answer_is_405_for_whoever_is_signed_in(
    place: Attacked,
) -> None:
    for path, methods in place.app.openapi()["paths"].items():
        answered = {method.upper() for method in methods}
        answered |= {"HEAD"} if "GET" in answered else set()
        for method in set(OTHERS) - answered:
            for name in ("nobody", "auditor", "supplier"):
                headers = dict(place.senders[name])
                place.client.cookies.clear()
                answer = place.client.request(method, path, headers=headers)
                refused = name == "nobody" and path.startswith("/api/")
                assert answer.status_code == (401 if refused else 405), (method, path, name)
                assert refused or set(answer.headers["allow"].split(", ")) == answered

"""Lending over HTTP on a records database of PostgreSQL: every route, and money all the way."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.books.business_day.closing import close_days
from app.books.ledger.proof import verify
from app.jobs.closing import STEPS
from app.platform.console.progress import quietly
from app.platform.deps import Resources
from tests.app.chain.booked import API, send
from tests.app.interface.cases import Attacked, attacked
from tests.app.interface.lending import ACCOUNT, CREDIT
from tests.app.lending.servicing.lent import TODAY
from tests.app.lending.soaking import opened

pytestmark = [pytest.mark.postgres, pytest.mark.slow]  # A version is published for it.
READ = (
    "/applications",
    "/applications/{application}",
    "/applications/{application}/events",
    "/applications/{application}/effect",
    "/decisions/{decision}",
    "/loans",
    "/loans/sums",
    "/loans/{loan}",
    "/loans/{loan}/schedule",
    "/loans/{loan}/events",
)


@pytest.fixture
def place(empty_postgres_url: str, tmp_path: Path) -> Iterator[Attacked]:
    """Yield the service with applications and loans in many states."""
    kept = tmp_path / "kept"
    with opened(kept, empty_postgres_url, published=True):
        pass
    with attacked(kept, tmp_path / "home", records_url=empty_postgres_url) as found:
        yield found


def done(place: Attacked, who: str, path: str, body: Any = None, key: str = "") -> Any:
    """Return the answer to an order that is done."""
    answer = send(place.client, place.senders[who], path, body, key=key)
    assert answer.status_code in (200, 201, 202), (path, answer.text)
    return answer


def test_lending_goes_its_whole_way(place: Attacked) -> None:
    resources: Resources = place.app.state.resources
    for path in READ:
        several = "{application}" in path or "{loan}" in path
        for which in range(0, len(place.known["application"]) if several else 1, 4):
            ids = {name: place.one_of(name, which) for name in place.known}
            answer = place.client.get(API + path.format(**ids), headers=place.senders["officer"])
            assert answer.status_code == 200, (path, answer.text)

    assert done(place, "supplier", "/quotes", CREDIT).json()["outcome"]
    assert done(place, "officer", "/applications", CREDIT | {"firm": "PART"}).json()["state"]
    replay = f"/decisions/{place.known['decision']}/replay"
    assert done(place, "officer", replay).json()["same"]
    assert done(place, "supplier", "/applications/approved-1/withdraw").json()["state"]
    judged = {"outcome": "declined", "comment": "too much"}
    assert done(place, "officer", "/applications/referred-0/decide", judged).json()["state"]

    order = {"amount_fen": 1_000_000, "account": ACCOUNT}
    drawn = done(place, "supplier", "/applications/signed-0/draw", order).json()
    assert drawn["state"] == "active"
    close_days(resources, TODAY, [each for each in STEPS if each.name == "loans"], quietly)
    payments, body = f"/loans/{drawn['loan']}/repayments", {"amount_fen": 1_000, "prepay": True}
    first = done(place, "supplier", payments, body, key="once")
    again = done(place, "supplier", payments, body, key="once")
    assert (first.text, again.headers["Idempotent-Replay"]) == (again.text, "true")
    address = f"{API}/loans/{drawn['loan']}"
    owed = place.client.get(address, headers=place.senders["supplier"]).json()["owed"]["all_fen"]
    done(place, "supplier", payments, {"amount_fen": owed, "prepay": True})
    address = f"{API}/applications/signed-0"
    assert place.client.get(address, headers=place.senders["auditor"]).json()["state"] == "repaid"
    assert done(place, "officer", "/loans/L4/recover", {"amount_fen": 1}).json()["approval"]

    assert verify(resources.records).ok

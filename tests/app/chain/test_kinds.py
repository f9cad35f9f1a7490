"""Kinds of faults that ledgers have, tried on the book by its interface with other figures too."""

import datetime as dt
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from httpx import Response

from app.books.business_day.tables import closings
from app.books.ledger import Moving, Plain, Reads, Reply, UseOrder, ledger_of, operations
from app.books.ledger.answering import owner_of_keys
from app.books.ledger.paths import Element
from app.books.ledger.proof import verify
from app.platform.auth.principals import Principal
from app.platform.events.tables import events
from tests.app.chain.asking import API, Desk
from tests.app.chain.booked import PLENTY, STACK, set_up
from tests.app.conftest import NOW, Clock

AGAINST = (409, "already_decided")
ORDER = {"core": "CORE1", "firm": "MILL", "product": "any", "seconds": 600}
ZONES = ("UTC", "Asia/Shanghai", "America/New_York", "Pacific/Kiritimati", "Pacific/Pago_Pago")


@pytest.fixture(scope="module")
def desk(kept_desk: Desk) -> Desk:
    set_up(kept_desk.resources, STACK)
    more = {"chain:CORE1:MILL": PLENTY, "receivable:K11": 3_000_000, "voucher:K11": 2_000_000}
    set_up(kept_desk.resources, more)
    return kept_desk


@pytest.fixture
def clock(kept_clock: Clock) -> Iterator[Clock]:
    yield kept_clock
    kept_clock.moment = NOW


@pytest.fixture(params=ZONES)
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[ZoneInfo]:
    """Return a zone in which this process believes to be."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield ZoneInfo(request.param)
    monkeypatch.undo()
    time.tzset()


def account(desk: Desk, name: str) -> dict[str, Any]:
    return dict(desk.get("officer", f"/accounts/{name}").json())


def reserved(desk: Desk, fen: int, **more: Any) -> str:
    answer = desk.post("officer", "/reservations", ORDER | {"amount_fen": fen} | more)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def code_of(answer: Response) -> tuple[int, str | None]:
    return answer.status_code, answer.json().get("code")


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Return what comes of works that begin at one moment."""
    told: list[Any] = [None] * len(works)
    ready = threading.Barrier(len(works))

    def run(place: int) -> None:
        ready.wait(60)
        told[place] = works[place]()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not any(thread.is_alive() for thread in threads)
    return told


@pytest.mark.parametrize(("used", "paid"), [(2_500_000, 1_000_000), (3, 2), (1, 1)])
def test_an_answer_that_was_lost_is_given_again_and_nothing_is_booked_twice(
    desk: Desk, used: int, paid: int
) -> None:
    use = reserved(desk, used)
    desk.post("officer", f"/reservations/{use}/post", {"amount_fen": used})
    path, body, key = f"/uses/{use}/release", {"amount_fen": paid}, f"lost-{used}"
    first = desk.post("officer", path, body, key=key)
    before = desk.count()

    for _ in range(3):
        again = desk.post("officer", path, body, key=key)
        assert (again.status_code, again.content) == (200, first.content)
        assert again.headers["Idempotent-Replay"] == "true"
    assert desk.get("officer", f"/reservations/{use}").json()["left_fen"] == used - paid
    assert desk.count() == before
    other = desk.post("officer", path, {"amount_fen": paid + 1}, key=key)
    assert code_of(other) == (422, "key_reused")


def test_no_two_persons_have_the_same_keys() -> None:
    parts = ("A", "A b", "A%20b", "b", "b c", "c", "%", " ")
    owners = [owner_of_keys(Principal(name, "supplier", firm)) for name in parts for firm in parts]

    assert len(set(owners)) == len(parts) ** 2


def test_of_one_key_sent_at_once_one_is_done_and_others_hear_so_or_its_answer(desk: Desk) -> None:
    order, before = ORDER | {"amount_fen": 77}, account(desk, "bank")["pending_fen"]

    told = at_once(
        *[
            lambda: desk.post(
                "officer", "/reservations", order, key="sent at once".replace(" ", "-")
            )
        ]
        * 8
    )

    codes = Counter(map(code_of, told))
    assert set(codes) <= {(201, None), (409, "in_progress")}
    assert len({each.content for each in told if each.status_code == 201}) == 1
    assert all("Retry-After" in each.headers for each in told if each.status_code == 409)
    assert account(desk, "bank")["pending_fen"] == before + 77


@pytest.mark.parametrize("key", ["", " ", "x" * 129, "é", "a b", "a\tb"])
def test_a_key_is_up_to_128_visible_characters(desk: Desk, key: str) -> None:
    headers = desk.headers("officer") | {"Idempotency-Key": key.encode()}  # type: ignore[dict-item]  # as bytes
    answer = desk.client.post(
        f"{API}/reservations", json=ORDER | {"amount_fen": 1}, headers=headers
    )

    assert code_of(answer) == (422, "key_required")


def test_a_key_is_free_again_after_what_is_not_kept(desk: Desk) -> None:
    key = "~" * 128
    path, body = "/reservations/none/void", None
    assert code_of(desk.post("officer", path, body, key=key)) == (404, "not_found")
    assert code_of(desk.post("risk", "/reservations", ORDER, key=key)) == (403, "forbidden")
    assert code_of(desk.post("officer", "/reservations", ORDER, key=key)) == (422, "malformed")

    done = desk.post("officer", "/reservations", ORDER | {"amount_fen": 1}, key=key)
    assert (done.status_code, "Idempotent-Replay" in done.headers) == (201, False)


def test_sixty_four_who_name_two_documents_in_either_order_all_end_as_they_must(desk: Desk) -> None:
    """Both documents together carry 25 times 200,000; 64 ask, all at once."""
    papers = [{"kind": "receivable", "number": "K11"}, {"kind": "voucher", "number": "K11"}]

    def ask(number: int) -> tuple[int, Any]:
        order = {"amount_fen": 200_000, "documents": papers if number % 2 else papers[::-1]}
        until = time.monotonic() + 60
        while True:
            answer = desk.post("officer", "/reservations", ORDER | order)
            if answer.status_code != 503:
                return answer.status_code, answer.json().get("accounts")
            assert int(answer.headers["Retry-After"]) >= 1
            assert time.monotonic() < until

    told = at_once(*(lambda number=number: ask(number) for number in range(64)))

    assert Counter(status for status, _ in told) == {201: 25, 409: 39}
    for status, lacks in told:
        if status == 409:
            assert {each["account"] for each in lacks} <= {"receivable:K11", "voucher:K11"}
    left = [account(desk, f"{kind}:K11")["available_fen"] for kind in ("receivable", "voucher")]
    assert left == [0, 0]
    assert verify(desk.resources.records).ok


@pytest.mark.parametrize(("held", "used"), [(4_000_000, 1_500_000), (5, 5), (1, 1)])
def test_of_two_ends_that_meet_one_wins_and_room_comes_back_once(
    desk: Desk, held: int, used: int
) -> None:
    names = ("bank", "core:CORE1", "chain:CORE1:MILL")
    before = [account(desk, name) for name in names]
    use = reserved(desk, held)
    place = f"/reservations/{use}"

    told = at_once(
        *[lambda: desk.post("officer", f"{place}/post", {"amount_fen": used})] * 3,
        *[lambda: desk.post("officer", f"{place}/void")] * 3,
    )

    assert Counter(map(code_of, told)) == {(200, None): 1, AGAINST: 5}
    left = desk.get("officer", place).json()
    taken = used if left["state"] == "posted" else 0
    assert left["left_fen"] == taken
    for name, was in zip(names, before, strict=True):
        now, part = account(desk, name), -(-taken // 2) if name.startswith("core") else taken
        assert now["pending_fen"] == was["pending_fen"]
        assert now["posted_fen"] == was["posted_fen"] + part


@pytest.mark.parametrize("end", ["void", "post"])
def test_after_a_void_or_its_time_there_is_no_end_any_more(
    desk: Desk, clock: Clock, end: str
) -> None:
    voided, late = reserved(desk, 10), reserved(desk, 10, seconds=5)
    desk.post("officer", f"/reservations/{voided}/void")
    clock.moment += dt.timedelta(seconds=5)

    for use in (voided, late):
        answer = desk.post("officer", f"/reservations/{use}/{end}", {"amount_fen": 1})
        assert code_of(answer) == AGAINST


def test_the_clock_does_not_take_the_place_of_the_books(
    desk: Desk, clock: Clock, zone: ZoneInfo
) -> None:
    clock.moment = dt.datetime(2026, 7, 2, 0, 30, tzinfo=zone)
    today = {"core:CORE1": PLENTY}
    set_up(desk.resources, today)
    assert desk.get("MILL", "/business-day").json() == {"date": "2026-06-30"}

    body = {"holder": "MILL", "amount_fen": 1000}
    past = desk.post("CORE1", "/vouchers", body | {"due_on": "2026-06-30"})
    assert past.json()["rule"] == "voucher.due"
    issued = desk.post("CORE1", "/vouchers", body | {"due_on": "2026-07-01"}).json()
    assert (issued["issued_on"], issued["accept_by"]) == ("2026-06-30", "2026-07-05")
    accepted = desk.post("MILL", f"/vouchers/{issued['id']}/accept")
    assert accepted.json()["state"] == "held"  # Due on a day that the books have not reached.

    use = reserved(desk, 10, seconds=60)
    shown = desk.get("officer", f"/reservations/{use}").json()
    ends = clock.moment.astimezone(dt.UTC) + dt.timedelta(seconds=60)
    assert shown["expires_at"] == ends.strftime("%Y-%m-%dT%H:%M:%S.000000Z")
    with desk.resources.records.reading() as connection:
        told = connection.execute(
            sa.select(events.c.day, events.c.at).where(events.c.subject == f"use:{use}")
        ).one()
        assert connection.scalar(sa.select(sa.func.count()).select_from(closings)) == 0
    at = clock.moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.000000Z")
    assert tuple(told) == ("2026-06-30", at)


def test_what_is_frozen_between_reserving_and_using_stops_it_and_is_named(desk: Desk) -> None:
    use = reserved(desk, 500)
    desk.post("officer", "/accounts/relation:CORE1:MILL/freeze", {"reason": "signal"})

    stopped = desk.post("officer", f"/reservations/{use}/post", {"amount_fen": 500})

    assert code_of(stopped) == (409, "limit_exceeded")
    assert [each["account"] for each in stopped.json()["accounts"]] == ["relation:CORE1:MILL"]
    assert desk.post("officer", f"/reservations/{use}/void").json()["state"] == "void"
    ledger_of(desk.resources).unfreeze("relation:CORE1:MILL", None, reason="over")


def test_the_path_of_a_use_is_computed_once_and_stays(desk: Desk) -> None:
    use = reserved(desk, 100, product="later")
    set_up(desk.resources, {"product:later": 1_000})  # A budget comes while it is reserved.

    posted = desk.post("officer", f"/reservations/{use}/post", {"amount_fen": 100}).json()

    assert "product:later" not in {each["account"] for each in posted["path"]}
    assert account(desk, "product:later")["posted_fen"] == 0
    following = desk.get("officer", f"/reservations/{reserved(desk, 900, product='later')}").json()
    assert following["path"][-1] == {
        "account": "product:later",
        "occupied_fen": 900,
        "available_fen": 100,
    }
    over = desk.post(
        "officer", "/reservations", ORDER | {"amount_fen": 101, "product": "later"}
    ).json()
    assert [each["account"] for each in over["accounts"]] == ["product:later"]


def test_pages_of_events_lose_none_while_a_thousand_are_written(desk: Desk) -> None:
    name, other = "firm:K19", "firm:K20"
    set_up(desk.resources, {name: PLENTY, other: PLENTY})
    ledger = ledger_of(desk.resources)

    def write(first: int, stop: int) -> None:
        """Write events in orders of fifty, half of them on the account."""

        def work(moving: Moving) -> Reply:
            for number in range(first, stop):
                path = [Element(name if number % 2 else other)]
                operations.reserve(moving, UseOrder(f"K{number}", "F", "loan", path, 1))
            return Reply.of(200, None)

        ledger.ask(Plain(Reads([name, other]), work))

    write(0, 100)
    stood = {
        each["number"]
        for each in desk.get("officer", f"/accounts/{name}/events?size=500").json()["items"]
    }
    assert len(stood) == 51
    writer = threading.Thread(target=lambda: [write(n, n + 50) for n in range(100, 1100, 50)])
    writer.start()
    found: list[int] = []
    cursor = ""
    while True:
        page = desk.get("officer", f"/accounts/{name}/events?size=37{cursor}").json()
        found += [each["number"] for each in page["items"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    writer.join(60)

    assert found == sorted(set(found))
    assert stood <= set(found)
    assert len(desk.get("officer", f"/accounts/{name}/events?size=1000").json()["items"]) >= 500

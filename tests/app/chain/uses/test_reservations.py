"""Reservations over HTTP: the path they take, what is refused, and that a key counts once."""

import datetime as dt
import threading
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.books.ledger import UseOrder, ledger_of
from app.books.ledger.paths import Element
from app.main import create_app
from app.platform.config import Settings
from graph.testing.waiting import WAIT_S
from tests.app.chain.booked import API, ORDER, account, resources_of, send, set_up
from tests.app.computing import Here
from tests.app.conftest import Bearer, Clock

Headers = dict[str, str]


@pytest.fixture
def officer(client: TestClient, bearer: Bearer) -> Headers:
    set_up(resources_of(client))
    return bearer("officer")


def occupied(use: dict[str, Any]) -> dict[str, int]:
    return {each["account"]: each["occupied_fen"] for each in use["path"]}


def test_data_credit_takes_every_account_of_its_path_and_half_of_the_core(
    client: TestClient, officer: Headers
) -> None:
    answer = send(client, officer, "/reservations", ORDER | {"amount_fen": 1_000_001})

    use = answer.json()
    assert (answer.status_code, use["state"]) == (201, "reserved")
    assert occupied(use) == {
        "bank": 1_000_001,
        "firm:MILL": 1_000_001,
        "core:CORE1": 500_001,
        "chain:CORE1:MILL": 1_000_001,
        "relation:CORE1:MILL": 1_000_001,
    }
    assert use["path"][3]["available_fen"] == 8_999_999
    assert client.get(f"{API}/reservations/{use['id']}", headers=officer).json() == use
    assert account(client, officer, "chain:CORE1:MILL")["pending_fen"] == 1_000_001


def test_documents_carry_it_in_their_order_and_the_core_gives_nothing(
    client: TestClient, officer: Headers
) -> None:
    papers = [{"kind": "voucher", "number": "V1"}, {"kind": "receivable", "number": "R1"}]
    use = send(client, officer, "/reservations", ORDER | {"documents": papers}).json()

    assert list(occupied(use).items()) == [
        ("bank", 3_000_000),
        ("firm:MILL", 3_000_000),
        ("core:CORE1", 0),
        ("chain:CORE1:MILL", 3_000_000),
        ("voucher:V1", 2_000_000),
        ("receivable:R1", 1_000_000),
    ]
    more = send(client, officer, "/reservations", ORDER | {"documents": papers})
    assert more.json()["accounts"] == [
        {"account": "receivable:R1", "available_fen": 2_000_000, "asked_fen": 3_000_000}
    ]
    stranger = ORDER | {"core": "CORE2", "documents": papers}
    assert send(client, officer, "/reservations", stranger).json()["rule"] == "use.document"


@pytest.mark.parametrize("core", ["own", None])
def test_without_a_core_the_product_must_have_a_budget(
    client: TestClient, officer: Headers, core: str | None
) -> None:
    own = ORDER | {"core": core}
    use = send(client, officer, "/reservations", own | {"product": "loan"}).json()
    assert list(occupied(use)) == ["bank", "firm:MILL", "chain:own:MILL", "product:loan"]

    refused = send(client, officer, "/reservations", own)
    assert refused.status_code == 409
    assert refused.json()["accounts"] == [
        {"account": "chain:own:MILL", "available_fen": 2_000_000, "asked_fen": 3_000_000},
        {"account": "product:any", "available_fen": 0, "asked_fen": 3_000_000},
    ]


def test_every_account_that_lacks_is_named_those_that_are_not_there_too(
    client: TestClient, officer: Headers
) -> None:
    refused = send(client, officer, "/reservations", ORDER | {"firm": "ORE"})

    assert refused.json()["code"] == "limit_exceeded"
    assert [each["account"] for each in refused.json()["accounts"]] == [
        "firm:ORE",
        "chain:CORE1:ORE",
        "relation:CORE1:ORE",
    ]
    assert account(client, officer, "bank")["pending_fen"] == 0


def test_of_eight_at_once_three_go_and_five_name_the_account(
    client: TestClient, officer: Headers
) -> None:
    told: list[Any] = []

    def reserve() -> None:
        answer = send(client, officer, "/reservations", ORDER)
        told.append((answer.status_code, answer.json().get("accounts")))

    threads = [threading.Thread(target=reserve) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    lacks = [{"account": "chain:CORE1:MILL", "available_fen": 1_000_000, "asked_fen": 3_000_000}]
    assert sorted(told, key=str) == sorted([(201, None)] * 3 + [(409, lacks)] * 5, key=str)
    assert account(client, officer, "chain:CORE1:MILL")["pending_fen"] == 9_000_000


def test_a_reservation_has_one_end(client: TestClient, officer: Headers) -> None:
    use = send(client, officer, "/reservations", ORDER).json()["id"]
    over = send(client, officer, f"/reservations/{use}/post", {"amount_fen": 3_000_001})
    assert (over.status_code, over.json()["rule"]) == (409, "ledger.amount")

    posted = send(client, officer, f"/reservations/{use}/post", {"amount_fen": 1_500_000}).json()
    assert (posted["state"], posted["left_fen"]) == ("posted", 1_500_000)
    for end in ("void", "post"):
        again = send(client, officer, f"/reservations/{use}/{end}", {"amount_fen": 1})
        assert again.json()["code"] == "already_decided", end
    chain = account(client, officer, "chain:CORE1:MILL")
    assert (chain["posted_fen"], chain["pending_fen"]) == (1_500_000, 0)

    for amount, left in ((1_000_000, 500_000), (500_000, 0)):
        given = send(client, officer, f"/uses/{use}/release", {"amount_fen": amount})
        assert given.json()["left_fen"] == left
    assert send(client, officer, f"/uses/{use}/release", {"amount_fen": 1}).status_code == 409
    assert account(client, officer, "core:CORE1")["posted_fen"] == 0


def test_past_its_time_it_is_gone_for_whoever_reads(
    settings: Settings, bearer: Bearer, clock: Clock
) -> None:
    with TestClient(create_app(settings, now=clock, computer=Here)) as client:
        set_up(resources_of(client))
        officer = bearer("officer")
        use = send(client, officer, "/reservations", ORDER).json()
        assert use["expires_at"] == "2026-07-15T09:01:00.000000Z"
        clock.moment += dt.timedelta(seconds=60)

        gone = client.get(f"{API}/reservations/{use['id']}", headers=officer).json()
        assert (gone["state"], gone["left_fen"], gone["expires_at"]) == ("expired", 0, None)
        assert account(client, officer, "chain:CORE1:MILL")["available_fen"] == 10_000_000
        listed = client.get(f"{API}/accounts?firm=MILL&layer=chain", headers=officer).json()
        assert [each["pending_fen"] for each in listed["items"]] == [0, 0]
        late = send(client, officer, f"/reservations/{use['id']}/post", {"amount_fen": 1})
        assert late.json()["code"] == "already_decided"


def test_a_use_of_an_application_moves_with_it_alone(client: TestClient, officer: Headers) -> None:
    ledger = ledger_of(resources_of(client))
    path = [Element("bank")]
    ledger.reserve(UseOrder("U", "MILL", "loan", path, 10, owner="application A1"))

    for path_, body in (
        ("/reservations/U/void", None),
        ("/reservations/U/post", {"amount_fen": 1}),
        ("/uses/U/release", {"amount_fen": 1}),
    ):
        refused = send(client, officer, path_, body).json()
        assert (refused["code"], refused["state"], refused["allowed"]) == (
            "wrong_state",
            "reserved",
            [],
        )


def test_a_key_counts_once_and_tells_its_answer_again(client: TestClient, officer: Headers) -> None:
    first = send(client, officer, "/reservations", ORDER, key="1")
    again = send(client, officer, "/reservations", ORDER, key="1")
    assert (again.status_code, again.content) == (201, first.content)
    assert (first.headers.get("Idempotent-Replay"), again.headers["Idempotent-Replay"]) == (
        None,
        "true",
    )
    assert account(client, officer, "bank")["pending_fen"] == 3_000_000

    other = send(client, officer, "/reservations", ORDER | {"seconds": 61}, key="1")
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")
    place = f"/reservations/{first.json()['id']}/void"
    assert send(client, officer, place, key="1").json()["code"] == "key_reused"

    refused = send(client, officer, "/reservations", ORDER | {"firm": "ORE"}, key="2")
    told = send(client, officer, "/reservations", ORDER | {"firm": "ORE"}, key="2")
    assert told.json() | {"trace_id": ""} == refused.json() | {"trace_id": ""}
    assert told.headers["Idempotent-Replay"] == "true"

    without = client.post(f"{API}/reservations", json=ORDER, headers=officer)
    assert (without.status_code, without.json()["code"]) == (422, "key_required")


def test_while_the_first_runs_its_key_is_in_progress(
    client: TestClient, officer: Headers, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = ledger_of(resources_of(client))
    ask, entered, leave = ledger.ask, threading.Event(), threading.Event()

    def slow(order: Any) -> Any:
        entered.set()
        leave.wait(WAIT_S)
        return ask(order)

    monkeypatch.setattr(ledger, "ask", slow)
    first = threading.Thread(
        target=send, args=(client, officer, "/reservations", ORDER), kwargs={"key": "1"}
    )
    first.start()
    entered.wait(WAIT_S)
    second = send(client, officer, "/reservations", ORDER, key="1")
    leave.set()
    first.join()

    assert (second.status_code, second.json()["code"]) == (409, "in_progress")
    assert int(second.headers["Retry-After"]) >= 1
    third = send(client, officer, "/reservations", ORDER, key="1")
    assert (third.status_code, third.headers["Idempotent-Replay"]) == (201, "true")


WRONG_AMOUNTS = ("100.5", '"100"', "1e3", "1.0", "true", "null", "[1]", "{}", "-1", "0", str(2**63))
WRONG_ORDERS: tuple[dict[str, Any], ...] = (
    {"firm": ""},
    {"seconds": 0},
    {"seconds": 1.5},
    {"seconds": 10**9},
    {"amount": 1},
    {"product": None},
    {"documents": [{"kind": "loan", "number": "1"}]},
    {"documents": [{"kind": "voucher", "number": "V1"}] * 2},
    {"documents": [{"kind": "voucher", "number": "V1"}], "core": None},
)


def test_an_amount_is_a_whole_number_or_refused(client: TestClient, officer: Headers) -> None:
    rest = '"core":"CORE1","firm":"MILL","product":"p","seconds":60'
    headers = officer | {"Idempotency-Key": "k", "Content-Type": "application/json"}
    for amount in WRONG_AMOUNTS:
        for path, more in (
            ("/reservations", f",{rest}"),
            ("/reservations/U/post", ""),
            ("/uses/U/release", ""),
            ("/accounts/bank/freeze", ',"reason":"r"'),
        ):
            body = f'{{"amount_fen":{amount}{more}}}'
            answer = client.post(f"{API}{path}", content=body, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (422, "malformed"), body
    assert account(client, officer, "bank")["available_fen"] == 10**12


def test_what_is_malformed_is_refused(client: TestClient, officer: Headers) -> None:
    for wrong in WRONG_ORDERS:
        assert send(client, officer, "/reservations", ORDER | wrong).status_code == 422, wrong


def test_what_is_not_there_is_not_found(client: TestClient, officer: Headers) -> None:
    assert client.get(f"{API}/reservations/none", headers=officer).status_code == 404
    for path, body in (
        ("/reservations/none/post", {"amount_fen": 1}),
        ("/reservations/none/void", None),
        ("/uses/none/release", {"amount_fen": 1}),
    ):
        assert send(client, officer, path, body).status_code == 404

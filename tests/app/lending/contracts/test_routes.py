"""Contracts of applications over the interface: read, signed once, and nobody else's."""

import datetime as dt
import json
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx import Response

from app.books.business_day import business_day
from app.books.ledger import BookMovedOn, Moving, Plain, Reads, Reply, ledger_of
from app.books.ledger.proof import verify
from app.lending.applications.tables import applications
from app.lending.contracts import keys, repository
from app.lending.contracts.errors import NoAnswer
from app.lending.contracts.signing import Ed25519Signing, KeyPair, Signer
from app.lending.contracts.verification import Checked, check
from app.platform.deps import Resources
from tests.app.conftest import Bearer
from tests.app.lending.contracts.offers import OFFER, PERSON

API = "/api/v1/applications"


@pytest.fixture
def resources(client: TestClient) -> Resources:
    found: Resources = client.app.state.resources  # type: ignore[attr-defined]
    business_day(found)
    return found


def offered(resources: Resources, **changes: object) -> None:
    """Record an application with an accepted offer."""
    row = {**OFFER, **changes}

    def work(moving: Moving) -> Reply:
        """Record it."""
        moving.record("test", f"application:{row['application']}", rows=[(applications, row)])
        return Reply.of(200, {})

    ledger_of(resources).ask(Plain(Reads(), work))


Ask = Callable[..., Response]


@pytest.fixture
def ask(client: TestClient, bearer: Bearer) -> Ask:
    """Return a function that signs as somebody, under a key of its own."""
    numbers = iter(range(1000))

    def signed(firm: str = "MILL", body: object = None, **headers: str) -> Response:
        """Return the answer."""
        given = {"Idempotency-Key": f"k{next(numbers)}"} | bearer("supplier", firm)
        return client.post(f"{API}/A1/sign", json=body, headers=given | headers)

    return signed


def read(client: TestClient, headers: dict[str, str], query: str = "") -> Response:
    return client.get(f"{API}/A1/contract{query}", headers=headers)


def test_firm_and_bank_sign_what_the_firm_has_read(
    client: TestClient, bearer: Bearer, resources: Resources, ask: Ask
) -> None:
    offered(resources)
    who = bearer("supplier", "MILL")
    before = read(client, who, "?language=en")
    shown = before.json()
    answer = ask(body={"language": "en", "sha256": shown["sha256"]})
    after = read(client, who)
    found = check(after.content)

    assert (before.status_code, shown["signatures"]) == (200, [])
    assert (answer.status_code, answer.json()["state"]) == (200, "signed")
    assert isinstance(found, Checked)
    assert found.sha256 == shown["sha256"]
    assert [(each.role, each.party, each.person) for each in found.signatures] == [
        ("firm", "MILL", PERSON),
        ("bank", "bank", "bank"),
    ]
    assert keys.difference(resources.records, found.signatures) is None
    assert after.headers["Content-Disposition"].endswith("contract-A1.json")
    assert read(client, bearer("auditor")).content == after.content


def test_the_contract_says_what_was_offered(
    client: TestClient, bearer: Bearer, resources: Resources
) -> None:
    offered(resources)
    contract = read(client, bearer("officer"), "?language=en").json()["contract"]

    assert contract["bank"] == {"id": "bank", "name": "Head office"}
    assert (contract["firm"]["id"], contract["core"]["id"]) == ("MILL", "CORE1")
    assert contract["product"] == {"id": "data-credit", "name": "Data credit"}
    assert (contract["amount_fen"], contract["proceeds_fen"]) == (50_000_000, 50_000_000)
    assert (contract["rate"], contract["tenor_months"]) == ("0.0535", 3)
    assert [each["due_on"] for each in contract["schedule"]] == [
        *("2026-07-30", "2026-08-30", "2026-09-30"),
    ]
    assert sum(each["principal_fen"] for each in contract["schedule"]) == 50_000_000
    assert "CNY 500,000.00" in contract["text"]
    assert "人民币 500,000.00 元" in read(client, bearer("officer")).json()["contract"]["text"]


def test_the_same_key_is_told_the_same_and_signs_once(
    client: TestClient, bearer: Bearer, resources: Resources, ask: Ask
) -> None:
    offered(resources)
    key = {"Idempotency-Key": "once"}
    first, again = ask(**key), ask(**key)
    file = read(client, bearer("officer")).content

    assert first.status_code == again.status_code == 200
    assert again.content == first.content
    assert again.headers["Idempotent-Replay"] == "true"
    assert ask(body={"language": "en"}, **key).json()["code"] == "key_reused"
    refused = ask()
    assert (refused.status_code, refused.json()["code"]) == (409, "wrong_state")
    assert refused.json()["state"] == "signed"
    assert read(client, bearer("officer")).content == file


def test_who_may_not_sign_does_not(
    client: TestClient, bearer: Bearer, resources: Resources, ask: Ask
) -> None:
    offered(resources)
    url = f"{API}/A1/sign"

    assert ask("SHOP").status_code == 404
    assert read(client, bearer("supplier", "SHOP")).status_code == 404
    assert read(client, bearer("core", "CORE1")).status_code == 404
    for role in ("officer", "admin", "auditor", "risk"):
        headers = bearer(role) | {"Idempotency-Key": role}
        assert client.post(url, headers=headers).status_code == 403
    assert client.post(url, headers={"Idempotency-Key": "k"}).status_code == 401
    missing = client.post(url, headers=bearer("supplier", "MILL"))
    assert missing.json()["code"] == "key_required"
    other = client.post(
        f"{API}/A2/sign", headers=bearer("supplier", "MILL") | {"Idempotency-Key": "k"}
    )
    assert (other.status_code, other.json()["code"]) == (404, "not_found")
    assert client.get(f"{API}/A2/contract", headers=bearer("officer")).status_code == 404
    assert repository.signed(resources.records, "A1") is None


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"state": "referred"}, "referred"),
        ({"state": "withdrawn"}, "withdrawn"),
        ({"offer_until": "2026-06-29"}, "expired"),
        ({"documents_due": "2026-06-30"}, "expired"),
    ],
)
def test_only_an_open_offer_that_was_accepted_is_signed(
    resources: Resources, ask: Ask, changes: dict[str, str], state: str
) -> None:
    offered(resources, **changes)
    answer = ask()

    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_state")
    assert answer.json()["state"] == state
    assert repository.signed(resources.records, "A1") is None
    assert repository.keys_of(resources.records, "MILL", PERSON) == []


def test_what_is_not_to_be_signed_yet_is_not_read(
    client: TestClient, bearer: Bearer, resources: Resources
) -> None:
    offered(resources, state="referred")
    answer = read(client, bearer("officer"))
    assert (answer.status_code, answer.json()["allowed"]) == (409, ["offer_accepted"])


@pytest.mark.parametrize(
    "body",
    [
        *({"sha256": "0" * 63}, {"sha256": "Z" * 64}, {"language": "fr"}, {"further": 1}, [], "x"),
        {"sha256": 7},
    ],
)
def test_what_is_malformed_is_refused(resources: Resources, ask: Ask, body: object) -> None:
    offered(resources)
    assert ask(body=body).status_code == 422


def test_another_text_or_another_state_than_was_read_is_stale(
    resources: Resources, ask: Ask
) -> None:
    offered(resources)
    of_another_text = ask(body={"sha256": "0" * 64})
    of_another_state = ask(**{"If-Match": '"application-1"'})

    assert (of_another_text.status_code, of_another_text.json()["code"]) == (409, "stale")
    assert (of_another_state.status_code, of_another_state.json()["code"]) == (409, "stale")
    assert repository.signed(resources.records, "A1") is None


def test_one_key_signs_every_contract_of_a_person(resources: Resources, ask: Ask) -> None:
    offered(resources)
    assert ask().status_code == 200
    held = repository.keys_of(resources.records, "MILL", PERSON)
    ready = keys.key_of(resources, "MILL", PERSON, "2026-07-16T09:00:00.000000Z")

    assert [row["key"] for row in held] == [ready.key] == [f"MILL {PERSON} 1"]
    assert ready.rows == []
    assert ready.signer.public_key == held[0]["public_key"]
    assert held[0]["sealed"] not in json.dumps(_events(resources))


def _events(resources: Resources) -> list[list[Any]]:
    with resources.records.reading() as connection:
        return [list(row) for row in connection.exec_driver_sql("SELECT * FROM events")]


class ForgetfulSigning:
    """Signs, and the first answers get lost."""

    def __init__(self, lost: int) -> None:
        self.service = Ed25519Signing(b"elsewhere")
        self.lost = lost
        self.signed: list[str] = []

    def make(self) -> KeyPair:
        return self.service.make()

    def opened(self, pair: KeyPair) -> Signer | None:
        opened = self.service.opened(pair)
        return None if opened is None else Forgetful(self, opened)


class Forgetful:
    def __init__(self, service: ForgetfulSigning, signer: Signer) -> None:
        self.service, self.signer = service, signer

    @property
    def public_key(self) -> str:
        return self.signer.public_key

    def sign(self, statement: bytes) -> str:
        made = self.signer.sign(statement)
        self.service.signed.append(made)
        if self.service.lost:
            self.service.lost -= 1
            raise NoAnswer("signing service")
        return made


def test_a_signature_whose_answer_was_lost_is_asked_for_again(
    client: TestClient, bearer: Bearer, resources: Resources, ask: Ask
) -> None:
    service = ForgetfulSigning(lost=1)
    assert resources.once("signing", lambda: service) is service
    offered(resources)
    key = {"Idempotency-Key": "again"}
    lost = ask(**key)
    nothing = repository.signed(resources.records, "A1")
    again = ask(**key)

    assert (lost.status_code, lost.headers["Retry-After"]) == (503, "5")
    assert nothing is None
    assert again.status_code == 200
    assert isinstance(check(read(client, bearer("officer")).content), Checked)
    assert len(service.signed) == 3


def test_a_key_that_opens_no_longer_is_retired_and_what_it_signed_holds(
    client: TestClient, bearer: Bearer, resources: Resources, ask: Ask
) -> None:
    offered(resources)
    assert ask().status_code == 200
    file = read(client, bearer("officer")).content
    other = Ed25519Signing(b"another secret")
    at = "2026-07-16T09:00:00.000000Z"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keys, "signing_of", lambda _: other)
        ready = keys.key_of(resources, "MILL", PERSON, at)

    def work(moving: Moving) -> Reply:
        """Record the new key."""
        keys.record_keys(moving, ready)
        return Reply.of(200, {})

    ledger_of(resources).ask(Plain(Reads(), work))
    held = repository.keys_of(resources.records, "MILL", PERSON)
    found = check(file)

    assert [(row["key"][-1], row["retired_at"]) for row in held] == [("1", at), ("2", None)]
    assert isinstance(found, Checked)
    assert keys.difference(resources.records, found.signatures) is None
    late = [each._replace(signed_at="2026-07-17T09:00:00.000000Z") for each in found.signatures]
    differs = keys.difference(resources.records, late)
    assert differs is not None
    assert differs.field == "signatures.firm.signed_at"


def test_two_who_make_a_key_at_once_have_one(resources: Resources) -> None:
    at = "2026-07-15T09:00:00.000000Z"
    one, other = (keys.key_of(resources, "MILL", PERSON, at) for _ in range(2))

    def record(ready: keys.ReadyKey) -> None:
        """Record a key, in an order of its own."""

        def work(moving: Moving) -> Reply:
            """Record it."""
            keys.record_keys(moving, ready)
            return Reply.of(200, {})

        ledger_of(resources).ask(Plain(Reads(), work))

    record(one)
    with pytest.raises(BookMovedOn):
        record(other)
    again = keys.key_of(resources, "MILL", PERSON, at)

    assert one.key == other.key == again.key
    assert one.signer.public_key == again.signer.public_key != other.signer.public_key


def test_a_contract_is_read_as_a_pdf(
    client: TestClient, bearer: Bearer, resources: Resources, ask: Ask
) -> None:
    offered(resources)
    url = f"{API}/A1/contract.pdf"
    before = client.get(url, headers=bearer("supplier", "MILL"))
    assert ask().status_code == 200
    after = client.get(url, headers=bearer("officer"))

    assert before.headers["Content-Type"] == after.headers["Content-Type"] == "application/pdf"
    assert before.content[:5] == after.content[:5] == b"%PDF-"
    assert len(after.content) > len(before.content)
    assert client.get(url, headers=bearer("supplier", "SHOP")).status_code == 404


def test_the_book_proves_what_was_signed(resources: Resources, ask: Ask) -> None:
    offered(resources)
    assert ask().status_code == 200
    assert verify(resources.records, [], processes=1).ok
    with resources.records.writing() as connection:
        connection.exec_driver_sql("UPDATE contracts SET file = '{}'")
    found = verify(resources.records, [], processes=1)
    assert not found.ok
    assert dt.date.fromisoformat(found.head.day)

"""Loans as they are read: by the bank all of them, by a firm its own, and by nobody another's."""

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from app.books.errors import AlreadyDecided, LimitExceeded
from app.books.ledger import ledger_of
from app.books.ledger.proof import verify
from app.lending.servicing.tables import loans
from app.platform.deps import Resources
from tests.app.chain.booked import API, PLENTY, account, resources_of, send, set_up
from tests.app.conftest import Bearer
from tests.app.lending.servicing.lent import opened

Headers = dict[str, str]


@pytest.fixture
def resources(client: TestClient) -> Resources:
    found = resources_of(client)
    set_up(found)
    set_up(found, {"firm:PART": PLENTY, "chain:CORE1:PART": PLENTY, "relation:CORE1:PART": PLENTY})
    return found


@pytest.fixture
def officer(bearer: Bearer) -> Headers:
    return bearer("officer")


def read(client: TestClient, who: Headers, path: str) -> dict[str, object]:
    answer = client.get(f"{API}/loans{path}", headers=who)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_a_loan_is_opened_over_its_use_which_moves_with_it_alone(
    client: TestClient, resources: Resources, officer: Headers
) -> None:
    opened(resources)

    found = read(client, officer, "/L1")
    assert (found["state"], found["outstanding_fen"], found["class"]) == (
        "active",
        2_400_000,
        "normal",
    )
    assert (found["drawn_on"], found["due_on"], found["provision_fen"]) == (
        "2026-06-30",
        "2026-09-28",
        24_000,
    )
    assert account(client, officer, "chain:CORE1:MILL")["posted_fen"] == 2_400_000
    refused = send(client, officer, "/uses/use-L1/release", {"amount_fen": 1})
    assert (refused.status_code, refused.json()["code"]) == (409, "wrong_state")
    assert read(client, officer, "/L1/schedule") == {
        "items": [
            {
                "n": 1,
                "due_on": "2026-09-28",
                "principal_fen": 2_400_000,
                "interest_fen": 27_000,
                "paid_fen": 0,
                "fees_fen": 0,
            }
        ],
        "prepaid_principal_fen": 0,
        "prepaid_interest_fen": 0,
        "total_interest_fen": 27_000,
        "total_fees_fen": 0,
    }
    told = client.get(f"{API}/loans/L1/events", headers=officer).json()["items"]
    assert [each["operation"] for each in told] == ["loan.draw"]
    assert (told[0]["amount_fen"], told[0]["after"]) == (2_400_000, "active")
    assert verify(resources.records).ok


def test_what_cannot_be_drawn_leaves_nothing(
    client: TestClient, resources: Resources, officer: Headers
) -> None:
    ledger_of(resources).freeze("chain:CORE1:MILL", None, reason="looked at")
    with pytest.raises(LimitExceeded, match="chain:CORE1:MILL"):
        opened(resources)
    ledger_of(resources).unfreeze("chain:CORE1:MILL", None, reason="well")
    opened(resources, "L2")
    with pytest.raises(AlreadyDecided):
        opened(resources, "L2")

    with resources.records.reading() as connection:
        assert list(connection.scalars(sa.select(loans.c.loan))) == ["L2"]


def test_lists_go_on_where_they_stopped_and_narrow(
    client: TestClient, resources: Resources, officer: Headers
) -> None:
    for loan, firm in (("L1", "MILL"), ("L2", "PART"), ("L3", "MILL")):
        opened(resources, loan, firm=firm, amount_fen=1_000_050)

    first = client.get(f"{API}/loans?size=2", headers=officer).json()
    assert [each["id"] for each in first["items"]] == ["L1", "L2"]
    rest = client.get(f"{API}/loans?size=2&cursor={first['next']}", headers=officer).json()
    assert ([each["id"] for each in rest["items"]], rest["next"]) == (["L3"], None)
    for query, ids in (
        ("firm=PART", ["L2"]),
        ("core=CORE1&state=active", ["L1", "L2", "L3"]),
        ("core=CORE2", []),
        ("overdue=true", []),
        ("state=repaid", []),
        ("overdue=false&firm=MILL", ["L1", "L3"]),
    ):
        found = client.get(f"{API}/loans?{query}", headers=officer).json()["items"]
        assert [each["id"] for each in found] == ids, query
    summed = read(client, officer, "/sums")
    assert (summed["loans"], summed["outstanding_fen"]) == (3, 3_000_150)
    assert summed["provision_fen"] == 3 * 10_001  # Of each half up: 10,000.5 is 10,001.


def test_a_firm_reads_its_own_and_nothing_of_another_s(
    client: TestClient, resources: Resources, bearer: Bearer
) -> None:
    opened(resources, "L1")
    opened(resources, "L2", firm="PART")
    mill, part = bearer("supplier", "MILL"), bearer("supplier", "PART")

    own = read(client, mill, "/L1")
    assert (own["outstanding_fen"], own["provision_fen"], own["stage"]) == (2_400_000, None, None)
    told = client.get(f"{API}/loans/L1/events", headers=mill).json()["items"]
    assert told[0]["actor"] is None
    assert [each["id"] for each in client.get(f"{API}/loans", headers=part).json()["items"]] == [
        "L2"
    ]
    assert client.get(f"{API}/loans?firm=MILL", headers=part).json()["items"] == []
    for path in ("/L1", "/L1/schedule", "/L1/events"):
        others = client.get(f"{API}/loans{path}", headers=part)
        none = client.get(f"{API}/loans{path.replace('L1', 'L9')}", headers=part)
        assert others.status_code == none.status_code == 404
        assert others.json()["detail"].replace("L1", "L9") == none.json()["detail"]

"""People decide: one, two, a committee; nobody twice, nobody below the level, nothing stale."""

from typing import Any

import pytest

from app.books.ledger.proof.verifying import verify
from app.platform.auth.principals import Role, RoleScope
from app.platform.auth.tokens import Bearer, issue_to
from tests.app.chain.asking import Desk
from tests.app.chain.booked import PLENTY, STACK, set_up
from tests.app.conftest import NOW
from tests.app.lending.applications.test_asking import ORDER, paper

ONE, TWO, COMMITTEE = 200_000_000, 500_000_000, 1_500_000_000
PEOPLE = ("ann", "ben", "cleo", "dan")


@pytest.fixture
def desk(kept_desk: Desk) -> Desk:
    set_up(kept_desk.resources)
    wide = dict.fromkeys(STACK, PLENTY)
    set_up(kept_desk.resources, wide)
    for person in PEOPLE:
        named(kept_desk, person)
    named(kept_desk, "outer", unit="outlet")
    return kept_desk


def renew(desk: Desk) -> None:
    """Begin a book of its own, with room for whatever is asked."""
    set_up(desk.resources)
    set_up(desk.resources, dict.fromkeys(STACK, PLENTY))


def named(desk: Desk, person: str, role: Role = "officer", unit: str = "head") -> None:
    settings = desk.resources.settings
    scope = RoleScope(role, None, unit)
    token = issue_to(
        desk.resources.records, settings.signing_key(), Bearer(person, scope), days=1, now=NOW
    )
    desk.use(person, token)


def ask(desk: Desk, amount: int, who: str = "MILL", **change: Any) -> str:
    answer = desk.post(who, "/applications", ORDER | {"amount_fen": amount} | change)
    assert (answer.status_code, answer.json()["state"]) == (201, "referred"), answer.text
    return str(answer.json()["id"])


def act(desk: Desk, who: str, name: str, what: str, outcome: str = "approved", **more: Any) -> Any:
    body = {"outcome": outcome, **more} if what != "return" else more
    return desk.post(who, f"/applications/{name}/{what}", body)


def told(answer: Any) -> tuple[int, str]:
    read = answer.json()
    return answer.status_code, read["state"] if answer.status_code == 200 else read["code"]


def pending(desk: Desk) -> int:
    return desk.figures("chain:CORE1:MILL")["pending"]


def test_one_officer_decides_what_is_referred(desk: Desk) -> None:
    name = ask(desk, ONE)
    assert (pending(desk), paper(desk)) == (0, "confirmed")
    answer = act(desk, "ann", name, "decide", comment="known for years")
    assert told(answer) == (200, "approved")
    assert answer.json()["offer"]["amount_fen"] == pending(desk) == ONE
    assert answer.json()["votes"] == [
        {"by": "ann", "comment": "known for years", "outcome": "approved"}
    ]
    assert paper(desk) == "financing"
    firm = desk.get("MILL", f"/applications/{name}").json()
    assert (firm["votes"], firm["recommended"], firm["level"]) == ([], None, None)
    assert verify(desk.resources.records).ok


def test_who_applied_for_the_firm_does_not_decide_and_a_unit_below_may_not(desk: Desk) -> None:
    name = ask(desk, ONE, "ann", firm="MILL")
    assert told(act(desk, "ann", name, "decide")) == (409, "same_person")
    refused = act(desk, "outer", name, "decide")
    assert told(refused) == (409, "not_authorised")
    assert refused.json()["needs"] == "technology"
    assert (act(desk, "MILL", name, "decide").status_code, pending(desk)) == (403, 0)
    assert told(act(desk, "ben", name, "decide", "declined")) == (200, "declined")
    assert told(act(desk, "ben", name, "decide")) == (409, "wrong_state")


def test_where_two_are_needed_one_recommends_and_another_decides(desk: Desk) -> None:
    name = ask(desk, TWO)
    early = act(desk, "ben", name, "decide")
    assert told(early) == (409, "wrong_state")
    assert early.json()["allowed"] == ["recommended"]
    said = act(desk, "ann", name, "recommend", amount_fen=400_000_000, rate="0.03")
    assert told(said) == (200, "recommended")
    assert told(act(desk, "ann", name, "decide")) == (409, "same_person")
    named(desk, "ann", unit="branch")  # Another token, of another unit.
    assert told(act(desk, "ann", name, "decide")) == (409, "same_person")
    named(desk, "ann", role="admin")
    assert act(desk, "ann", name, "decide").status_code == 403
    done = act(desk, "ben", name, "decide")
    assert told(done) == (200, "approved")
    assert (done.json()["offer"]["amount_fen"], done.json()["offer"]["rate"]) == (
        *(400_000_000, "0.03"),
    )
    assert pending(desk) == 400_000_000


def test_a_committee_is_one_who_recommends_and_two_others(desk: Desk) -> None:
    name = ask(desk, COMMITTEE)
    act(desk, "ann", name, "recommend")
    first = act(desk, "ben", name, "decide")
    assert (told(first), len(first.json()["votes"]), pending(desk)) == ((200, "recommended"), 1, 0)
    assert told(act(desk, "ben", name, "decide")) == (409, "same_person")
    assert told(act(desk, "ann", name, "decide")) == (409, "same_person")
    assert told(act(desk, "cleo", name, "decide")) == (200, "approved")
    assert pending(desk) == COMMITTEE


def test_a_vote_against_ends_it(desk: Desk) -> None:
    name = ask(desk, COMMITTEE)
    act(desk, "ann", name, "recommend")
    act(desk, "ben", name, "decide")
    ended = act(desk, "cleo", name, "decide", "declined", comment="too much of one core")
    assert told(ended) == (200, "declined")
    assert [each["outcome"] for each in ended.json()["votes"]] == ["approved", "declined"]
    assert pending(desk) == 0


def test_an_offer_is_recommended_anew_and_keeps_its_reservation_meanwhile(desk: Desk) -> None:
    name = ask(desk, ONE)
    act(desk, "ann", name, "decide")
    more = act(desk, "ben", name, "recommend", amount_fen=ONE + 1)
    assert told(more) == (409, "rule")
    said = act(desk, "ben", name, "recommend", amount_fen=ONE // 2, rate="0.04")
    assert (told(said), pending(desk), paper(desk)) == ((200, "recommended"), ONE, "financing")
    assert told(desk.post("MILL", f"/applications/{name}/accept")) == (409, "wrong_state")
    done = act(desk, "ann", name, "decide")
    assert (told(done), pending(desk), paper(desk)) == ((200, "approved"), ONE // 2, "financing")
    assert told(desk.post("MILL", f"/applications/{name}/accept")) == (200, "offer_accepted")
    assert told(act(desk, "ben", name, "recommend")) == (409, "wrong_state")


def test_declined_anew_an_offer_gives_all_back(desk: Desk) -> None:
    name = ask(desk, ONE)
    act(desk, "ann", name, "decide")
    act(desk, "ben", name, "recommend", "declined")
    assert told(act(desk, "ann", name, "decide", "declined")) == (200, "declined")
    assert (pending(desk), paper(desk)) == (0, "confirmed")
    assert verify(desk.resources.records).ok


@pytest.mark.parametrize(
    "change", [{"amount_fen": 1}, {"rate": "0.9"}, {"rate": "0.0001"}, {"amount_fen": TWO + 1}]
)
def test_what_is_outside_the_product_is_not_recommended(desk: Desk, change: dict[str, Any]) -> None:
    name = ask(desk, TWO)
    assert told(act(desk, "ann", name, "recommend", **change)) == (409, "rule")


@pytest.mark.parametrize(
    "change", [{"rate": "0.03001"}, {"rate": 0.03}, {"amount_fen": 0}, {"outcome": "referred"}]
)
def test_what_is_malformed_is_not_recommended(desk: Desk, change: dict[str, Any]) -> None:
    assert act(desk, "ann", "none", "recommend", **change).status_code == 422


def test_what_was_returned_is_assessed_anew_and_referred_again(desk: Desk) -> None:
    name = ask(desk, TWO)
    assert told(act(desk, "ben", name, "return")) == (409, "wrong_state")
    act(desk, "ann", name, "recommend")
    assert told(act(desk, "ann", name, "return")) == (409, "same_person")
    before = desk.get("officer", f"/applications/{name}").json()["decision"]["id"]
    done = act(desk, "ben", name, "return", comment="ask for the orders")
    assert told(done) == (200, "referred")
    assert (done.json()["recommended"], done.json()["decision"]["id"] != before) == (None, True)
    events = desk.get("officer", f"/applications/{name}/events").json()["items"]
    assert [each["after"] for each in events][-3:] == ["returned", "assessing", "referred"]


def test_an_offer_that_is_returned_takes_no_room_from_itself(desk: Desk) -> None:
    offered = desk.post("MILL", "/applications", ORDER | {"amount_fen": 1_000_000}).json()
    assert (offered["state"], pending(desk)) == ("approved", 1_000_000)
    act(desk, "ben", offered["id"], "recommend")
    assert told(act(desk, "ann", offered["id"], "return")) == (200, "referred")
    anew = desk.get("officer", f"/applications/{offered['id']}").json()["decision"]
    same = ("outcome", "amount_fen", "rate", "reasons")
    assert [anew[each] for each in same] == [offered["decision"][each] for each in same]
    assert (anew["id"] != offered["decision"]["id"], pending(desk)) == (True, 0)


@pytest.mark.parametrize("what", ["recommend", "decide", "return"])
def test_nobody_acts_on_what_they_have_not_read_or_what_is_not_there(desk: Desk, what: str) -> None:
    name = ask(desk, TWO)
    path = f"/api/v1/applications/{name}"
    tag = desk.client.get(path, headers=desk.headers("ben")).headers["ETag"]
    act(desk, "ann", name, "recommend", amount_fen=300_000_000)
    headers = desk.headers("ben") | {"If-Match": tag, "Idempotency-Key": f"stale-{what}"}
    body = {} if what == "return" else {"outcome": "approved"}
    stale = desk.client.post(f"{path}/{what}", json=body, headers=headers)

    assert told(stale) == (409, "stale")
    assert act(desk, "ben", "none", what).status_code == 404

"""Pages of applications: the queue, the list, one that people recommend and decide."""

import datetime as dt
import re
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.platform.auth import sessions, users
from app.platform.auth.principals import Role
from app.platform.web.areas import WORK
from tests.app.chain.asking import Desk
from tests.app.chain.booked import PLENTY, STACK, set_up
from tests.app.conftest import NOW, Clock
from tests.app.lending.applications.test_asking import ORDER
from tests.app.logins import add_user
from tests.app.pages.conftest import token_of

PASSWORD = "a long enough password"  # noqa: S105  # of a test
ALL = WORK + "/applications"
ONE, TWO, COMMITTEE = 200_000_000, 500_000_000, 1_500_000_000


@pytest.fixture
def desk(kept_desk: Desk) -> Desk:
    set_up(kept_desk.resources)
    set_up(kept_desk.resources, dict.fromkeys(STACK, PLENTY))
    return kept_desk


def browser(
    desk: Desk,
    name: str,
    role: Role = "officer",
    firm: str | None = None,
    *,
    unit: str = "head",
    at: dt.datetime = NOW,
) -> TestClient:
    """Return a browser in which somebody is signed in."""
    records = desk.resources.records
    if not users.is_user(records, name):
        add_user(records, name, PASSWORD, role=role, firm=firm, unit=unit, now=NOW)
    user = users.user_named(records, name)
    session = sessions.begin(records, desk.resources.settings.signing_key(), user, now=at)
    made = TestClient(desk.client.app, follow_redirects=False)
    made.headers["Accept"] = "text/html"
    made.cookies.set(sessions.COOKIE, session.cookie)
    made.cookies.set("deeptier_language", "en")
    return made


def ask(desk: Desk, amount: int, **change: Any) -> str:
    answer = desk.post("MILL", "/applications", ORDER | {"amount_fen": amount} | change)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def read(client: TestClient, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, answer.text
    return answer.text


def fields(text: str, act: str) -> dict[str, str]:
    """Return the hidden fields of the form of an act."""
    form = re.search(rf'<form method="post"[^>]*/{act}" id="{act}">(.*?)</form>', text, re.DOTALL)
    assert form is not None, act
    return {
        name: value.replace("&#34;", '"')
        for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form[1])
    }


def send(client: TestClient, name: str, act: str, form: dict[str, str], **typed: str) -> Any:
    return client.post(f"{ALL}/{name}/{act}", data=form | typed)


def listed(text: str) -> list[str]:
    return re.findall(r'<tr data-id="([^"]+)"', text)


def test_the_queue_has_what_waits_and_the_list_all_by_its_address(desk: Desk) -> None:
    one, two, small = ask(desk, ONE), ask(desk, TWO), ask(desk, 2_000_000)
    ann = browser(desk, "ann")
    assert listed(read(ann, WORK)) == [one, two]
    assert listed(read(ann, ALL)) == [small, two, one]
    assert listed(read(ann, f"{ALL}?state=approved")) == [small]
    assert listed(read(ann, f"{ALL}?amount=medium&sort=-amount")) == [two, one]
    assert listed(read(ann, f"{WORK}?hands=two")) == [two]
    for sort in ("firm", "-core", "state", "-offered", "rate", "age", "product", "hands"):
        assert len(listed(read(ann, f"{ALL}?sort={sort}"))) == 3
    assert listed(read(ann, f"{ALL}?query={one}")) == [one]
    assert listed(read(ann, f"{ALL}?query=mill&age=today")) == [small, two, one]
    assert "No application fits these filters." in read(ann, f"{ALL}?state=repaid")
    lines = read(ann, f"{WORK}.csv").splitlines()
    assert [line.split(",")[0] for line in lines[1:]] == [one, two]
    assert ann.get(f"{ALL}.xlsx?sort=firm").content[:2] == b"PK"
    assert ann.get(WORK + "/next").headers["location"].endswith(one)
    assert f'href="{WORK}" aria-current="page"' in read(ann, WORK)
    assert re.search(rf'href="{WORK}"(?:(?!</a>).)*data-waits="2"', read(ann, WORK), re.DOTALL)
    saved = {"list": "queue", "path": WORK, "query": "hands=two", "name": "two of us"}
    sent = saved | {"csrf": token_of(read(ann, WORK))}
    assert ann.post("/views", data=sent).headers["location"].startswith(f"{WORK}?hands=two")


def test_what_somebody_takes_is_theirs_until_it_moves_or_the_hours_are_over(
    desk: Desk, kept_clock: Clock
) -> None:
    one, two = ask(desk, ONE), ask(desk, TWO)
    ann, ben = browser(desk, "ann"), browser(desk, "ben")
    queue = read(ann, WORK)
    assert (
        re.findall(r'data-urgency="(\w+)" data-left-hours="(\d+)"', queue)
        == [("in_time", "24")] * 2
    )
    form = dict(
        re.findall(r'type="hidden" name="(csrf|key)" value="([^"]+)"', forms_of(queue, one))
    )
    taken = send(ann, one, "claim", form)
    assert (taken.status_code, send(ann, one, "claim", form).status_code) == (303, 303)
    assert 'data-done="claim"' in read(ann, taken.headers["location"])

    theirs = read(ben, WORK)
    assert 'data-claimed="ann"' in theirs
    assert forms_of(theirs, one) == ""
    assert re.search(rf'href="{WORK}"(?:(?!</a>).)*data-waits="1"', theirs, re.DOTALL)
    assert ben.get(WORK + "/next").headers["location"].endswith(two)
    assert listed(read(ben, f"{WORK}?claimed=others")) == [one]
    assert listed(read(ann, f"{WORK}?claimed=mine&sort=claimed")) == [one]
    late = send(ben, one, "claim", fields(read(ben, f"{ALL}/{two}"), "claim"))
    assert (late.status_code, 'data-code="wrong_state"' in late.text) == (409, True)
    form = fields(read(ben, f"{ALL}/{one}"), "decide")  # A claim keeps nobody from deciding.
    assert send(ben, one, "decide", form, outcome="approved", comment="known").status_code == 303
    assert "data-claimed" not in read(ann, f"{ALL}/{one}")

    assert send(ann, two, "claim", fields(read(ann, f"{ALL}/{two}"), "claim")).is_redirect
    start = kept_clock()
    try:
        kept_clock.moment = start + dt.timedelta(hours=19)
        ann, ben = (browser(desk, each, at=kept_clock()) for each in ("ann", "ben"))
        queue = read(ben, f"{WORK}?sort=urgency&urgency=near")
        assert listed(queue) == [two]
        assert 'data-urgency="near" data-left-hours="5"' in queue
        over = send(ben, two, "claim", fields(read(ben, f"{ALL}/{two}"), "claim"))
        assert over.status_code == 303
        assert 'data-claimed="ben"' in read(ann, f"{ALL}/{two}")
        kept_clock.moment = start + dt.timedelta(hours=24)
        assert listed(read(ben, f"{WORK}?urgency=late&claimed=mine")) == [two]
        assert send(ben, two, "release", fields(read(ben, f"{ALL}/{two}"), "release")).is_redirect
        assert listed(read(ben, f"{WORK}?claimed=nobody")) == [two]
    finally:
        kept_clock.moment = start


def forms_of(queue: str, application: str) -> str:
    """Return the form with which a row of the queue is taken; empty where there is none."""
    found = re.search(
        rf'<form method="post" action="[^"]*/{application}/claim">(.*?)</form>', queue
    )
    return found[1] if found else ""


def test_one_recommends_and_another_decides_where_two_are_needed(desk: Desk) -> None:
    name = ask(desk, TWO)
    ann, ben = browser(desk, "ann"), browser(desk, "ben")
    page = read(ann, f"{ALL}/{name}")
    assert 'data-state="referred"' in page
    assert 'data-decision="referred"' in page
    assert f"{name}/decide" not in page
    assert re.search(r'data-effect data-fen="500000000".*data-list="shares"', page, re.DOTALL)
    typed = {"outcome": "approved", "amount": "4,000,000", "rate": "3%", "comment": "known"}
    form = fields(page, "recommend")

    done = send(ann, name, "recommend", form, **typed)
    again = send(ann, name, "recommend", form, **typed)  # The same form, sent twice.
    assert (done.status_code, again.status_code) == (303, 303)
    mine = read(ann, done.headers["location"])
    queue = re.compile(rf'href="{WORK}"(?:(?!</a>).)*data-waits="1"', re.DOTALL)
    outer = browser(desk, "outer", unit="outlet")  # Whose authority does not reach so far.
    assert [bool(queue.search(text)) for text in (mine, read(outer, ALL))] == [False, False]
    assert outer.get(WORK + "/next").headers["location"] == f"{WORK}?next=none"
    assert 'data-done="recommend"' in mine
    assert 'data-against="same_person"' in mine
    assert f"{name}/decide" not in mine
    theirs = read(ben, f"{ALL}/{name}")
    assert queue.search(theirs)
    assert re.search(r'data-view-by="ann".*data-fen="400000000".*known', theirs, re.DOTALL)

    verdict = fields(theirs, "decide") | {"outcome": "approved", "comment": "agreed"}
    own = {"csrf": fields(read(ann, f"{ALL}/{name}") + page, "recommend")["csrf"], "key": "ann-2"}
    refused = send(ann, name, "decide", verdict | own)
    assert refused.status_code == 409
    assert 'role="alert" data-code="same_person"' in refused.text
    assert send(ben, name, "decide", verdict).status_code == 303
    after = read(ben, f"{ALL}/{name}")
    assert 'data-state="approved"' in after
    assert 'data-figure="offered" data-fen="400000000"' in after
    assert "agreed" in after
    assert f"{name}/decide" not in after


def test_a_committee_sees_its_votes_and_a_recommended_one_can_be_returned(desk: Desk) -> None:
    name = ask(desk, COMMITTEE)
    people = [browser(desk, each) for each in ("ann", "ben", "cleo")]
    for client, act in zip(people, ("recommend", "decide"), strict=False):
        form = fields(read(client, f"{ALL}/{name}"), act)
        assert send(client, name, act, form, outcome="approved", comment="yes").is_redirect
    page = read(people[2], f"{ALL}/{name}")
    assert page.count('data-vote="approved"') == 1
    assert "1 / 2" in page
    form = fields(page, "return")
    assert send(people[2], name, "return", form, comment="figures moved").is_redirect
    assert 'data-state="referred"' in read(people[2], f"{ALL}/{name}")


def test_what_is_refused_keeps_what_was_typed_and_says_why(desk: Desk) -> None:
    name = ask(desk, ONE)
    ann, outer = browser(desk, "ann"), browser(desk, "outer", unit="outlet")
    form = fields(read(ann, f"{ALL}/{name}"), "decide")
    wrong = send(ann, name, "recommend", form, outcome="approved", rate="3.14159%", comment="mine")
    assert (wrong.status_code, 'data-code="malformed"' in wrong.text) == (422, True)
    assert all(each in wrong.text for each in ("3.14159%", "mine"))
    forged = send(ann, name, "decide", form | {"csrf": "x"}, outcome="approved")
    assert (forged.status_code, 'data-code="csrf"' in forged.text) == (403, True)
    stale = send(ann, name, "decide", form | {"if_match": '"application-1"'}, outcome="declined")
    assert (stale.status_code, 'data-code="stale"' in stale.text) == (409, True)
    page = read(outer, f"{ALL}/{name}")
    assert 'data-against="not_authorised"' in page
    assert f"{name}/decide" not in page
    assert send(ann, name, "decide", form | {"key": "k2"}, outcome="declined").is_redirect
    late = send(ann, name, "decide", form | {"key": "k3", "if_match": ""}, outcome="declined")
    assert (late.status_code, 'data-code="wrong_state"' in late.text) == (409, True)


@pytest.mark.parametrize("role", ["auditor", "admin", "risk"])
def test_others_of_the_bank_read_and_may_not_act(desk: Desk, role: Role) -> None:
    name = ask(desk, ONE)
    reader = browser(desk, role, role)
    page = read(reader, f"{ALL}/{name}")
    for act in ("recommend", "decide", "return"):
        assert f"{name}/{act}" not in page
        assert send(reader, name, act, {}).status_code == 403
    assert len(listed(read(reader, ALL))) == 1
    read(reader, f"{ALL}/none", 404)


@pytest.mark.parametrize(("role", "firm"), [("supplier", "MILL"), ("core", "CORE1")])
def test_nobody_outside_the_bank_has_these_pages(desk: Desk, role: Role, firm: str) -> None:
    name = ask(desk, ONE)
    outside = browser(desk, firm, role, firm)
    for path in (WORK, ALL, f"{ALL}.csv", f"{ALL}/{name}", f"{WORK}/next", "/audit"):
        read(outside, path, 403)
    assert send(outside, name, "decide", {}).status_code == 403

"""The stress test: a form that loses nothing, and a scenario whose columns agree."""

import csv
import io
import re
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.platform.auth import sessions
from app.platform.web.money import percent, scale
from tests.app.pages.conftest import Browser, session_of, sign_in, token_of
from tests.app.pages.economy import NAMES

FORM = {"form": "1", "firm": ["C1"], "channel": ["orders"], "query": "S1"}


def ticked(text: str) -> list[str]:
    return re.findall(r'name="channel" value="(\w+)" checked', text)


def chosen(text: str) -> list[str]:
    return re.findall(r'type="hidden" name="firm" value="(\w+)"', text)


def computed(app: FastAPI) -> set[str]:
    """Return the scenarios that were computed."""
    return {place.name for place in (app.state.resources.runs / "scenarios").glob("*")}


def test_adding_and_dropping_keep_firms_channels_and_search(browser: Browser) -> None:
    client = browser()

    added = client.get("/stress", params={**FORM, "add": "S1"})
    dropped = client.get("/stress", params={**FORM, "drop": "C1"})

    assert added.headers["Location"] == "/stress?firm=C1&firm=S1&channel=orders&query=S1"
    assert dropped.headers["Location"] == "/stress?channel=orders&query=S1"
    text = client.get(added.headers["Location"]).text
    assert (chosen(text), ticked(text)) == (["C1", "S1"], ["orders"])
    assert 'value="S1" placeholder' in text


def test_searching_keeps_a_channel_that_was_just_unticked(browser: Browser) -> None:
    client = browser()
    none = client.get("/stress", params={"form": "1", "firm": "C1", "query": "S1"})

    assert ticked(client.get("/stress?firm=C1").text) == ["production", "orders", "payments"]
    assert ticked(client.get(none.headers["Location"]).text) == []


def test_stress_runs_what_was_chosen(browser: Browser) -> None:
    client = browser()
    token = token_of(client.get("/stress?firm=C1").text)
    sent = {"csrf": token, "firm": ["C1", "S1", "C1"], "channel": "orders"}

    answer = client.post("/stress", data=sent)
    again = client.post("/stress", data=sent)
    document = client.get(f"/api/v1/scenarios/{answer.headers['Location'].split('/')[-1]}").json()

    assert answer.headers["Location"].startswith("/stress/scenario-1-")
    assert again.headers["Location"] == answer.headers["Location"]
    assert [firm["id"] for firm in document["closed"]] == ["C1", "S1"]
    assert document["channels"] == ["orders"]


@pytest.mark.parametrize(
    "sent", [{"firm": "C1"}, {"channel": "orders"}, {"firm": [f"X{n:03}" for n in range(21)]}]
)
def test_a_form_that_is_refused_keeps_what_was_chosen(
    browser: Browser, sent: dict[str, object]
) -> None:
    client = browser()
    token = token_of(client.get("/stress?firm=C1").text)

    answer = client.post("/stress", data={**sent, "csrf": token})

    assert answer.status_code == 422
    assert 'data-code="stress_incomplete">Choose at least one firm (at most 20)' in answer.text
    assert ticked(answer.text) == ([sent["channel"]] if "channel" in sent else [])
    assert len(chosen(answer.text)) == len(sent.get("firm", ())) - (sent.get("firm") == "C1")


def test_a_form_of_another_session_runs_nothing_and_says_so(
    browser: Browser, served: FastAPI
) -> None:
    client, before = browser(), computed(served)
    earlier = token_of(client.get("/stress").text)
    client.cookies.set(sessions.COOKIE, session_of(client.app, "risk"))  # type: ignore[arg-type]  # a FastAPI
    sent = {"csrf": earlier, "firm": ["C1", "S1"], "channel": "payments"}

    answer = client.post("/stress", data=sent)

    assert answer.status_code == 403
    assert "Nothing was run; what you chose is kept" in answer.text
    assert (chosen(answer.text), ticked(answer.text)) == (["C1", "S1"], ["payments"])
    assert computed(served) == before
    again = client.post("/stress", data={**sent, "csrf": token_of(answer.text)})
    assert again.headers["Location"].startswith("/stress/scenario-1-")


def end_session(client: TestClient, app: FastAPI) -> None:
    """End the session of a browser on the server alone."""
    cookie = client.cookies[sessions.COOKIE]
    resources = app.state.resources
    found = sessions.find(
        resources.records, resources.settings.signing_key(), cookie, now=resources.now()
    )
    assert found is not None
    assert found.session is not None
    sessions.end(resources.records, found.session)
    app.state.authenticator.forget()


def test_a_form_sent_after_the_session_ended_says_so_and_loses_nothing(
    browser: Browser, served: FastAPI
) -> None:
    client, before = browser(), computed(served)
    token = token_of(client.get("/stress").text)
    end_session(client, served)
    sent = {"csrf": token, "firm": ["C1", "S1"], "channel": "payments"}

    asked = client.post("/stress", data=sent)
    form = client.get(asked.headers["Location"]).text
    target = parse_qs(urlsplit(asked.headers["Location"]).query)["next"][0]
    back = sign_in(client, "risk", target=target)
    text = client.get(client.get(back.headers["Location"]).headers["Location"]).text

    assert "Your session has ended. Nothing was done; what you had filled in is kept" in form
    assert token not in target
    assert (chosen(text), ticked(text)) == (["C1", "S1"], ["payments"])
    assert computed(served) == before


def test_what_cannot_be_kept_falls_away_with_an_ended_session(
    browser: Browser, served: FastAPI
) -> None:
    client = browser()
    token = token_of(client.get("/stress").text)
    end_session(client, served)
    sent = {"csrf": token, "firm": ["C1", "S\0"], "query": "\0", "\0": "x"}

    asked = client.post("/stress", data=sent)
    target = parse_qs(urlsplit(asked.headers["Location"]).query)["next"][0]
    back = sign_in(client, "risk", target=target)
    page = client.get(back.headers["Location"], follow_redirects=True)
    looked_for = sign_in(browser(None), "risk", target="/firms?query=%00&sort=name")

    assert page.status_code == 200
    assert chosen(page.text) == ["C1"]
    assert looked_for.headers["Location"] == "/firms?sort=name"


@pytest.mark.parametrize("path", ["/stress", "/sign-out"])
def test_nothing_is_said_to_be_kept_that_is_not(browser: Browser, path: str) -> None:
    answer = browser(None).post(path, files={"firm": ("large.bin", b"0" * 20_000)})

    assert answer.headers["Location"].endswith("&ended=1")


def test_who_comes_back_after_the_session_ended_is_told(browser: Browser, served: FastAPI) -> None:
    client = browser()
    client.get("/cores")
    end_session(client, served)

    asked = client.get("/cores?sort=name")
    never = browser(None).get("/cores")

    assert "Your session has ended" in client.get(asked.headers["Location"]).text
    assert never.headers["Location"] == "/sign-in?next=%2Fcores"
    assert "ended" not in browser(None).get("/sign-in?ended=%3Cb%3E").text.partition("<main")[2]


def test_a_share_stands_beside_the_loss_it_is_a_share_of(browser: Browser, scenario: str) -> None:
    client = browser("risk", "en")
    text = client.get(f"/stress/{scenario}").text
    heads = re.findall(r"<a href=[^>]*>([A-Z][a-z ]+)", text.partition('id="losses"')[2])
    losses = client.get(f"/api/v1/scenarios/{scenario}").json()["firms"]
    unit = scale([loss["loss_fen"] for loss in losses], "en")

    assert [head.strip() for head in heads] == [
        "Firm", "Production lost", "Of its production", "Claims lost", "Loss in all", "Round",
    ]  # fmt: skip
    for loss in losses[:5]:
        row = text.partition('id="losses"')[2].partition(f'/firms/{loss["id"]}"')[2]
        assert re.findall(r"<td[^>]*>([^<]*)</td>", row.partition("</tr>")[0]) == [
            unit(loss["production_fen"]),
            percent(loss["loss_share"]),
            unit(loss["payments_fen"]),
            unit(loss["loss_fen"]),
            str(loss["round"]),
        ]


def test_counts_of_a_scenario_are_those_of_its_list(browser: Browser, scenario: str) -> None:
    client = browser("risk", "en")
    text = client.get(f"/stress/{scenario}").text
    document = client.get(f"/api/v1/scenarios/{scenario}").json()
    largest = max(document["rounds"], key=lambda round_: round_["firms"])
    firms = len(document["firms"])

    assert f"<dt>Firms affected</dt><dd><b>{firms}</b>" in text
    assert f'<h2 id="losses">Losses by firm <small>{firms} firms</small>' in text
    assert largest["firms"] > 100
    assert f"and {largest['firms'] - len(largest['largest'])} more" in text


def test_the_sheet_of_losses_holds_both_parts(browser: Browser, scenario: str) -> None:
    text = browser().get(f"/stress/{scenario}/losses.csv").content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))

    parts = [
        [Decimal(row[f"{words} (CNY)"]) for words in ("Production lost", "Claims lost")]
        for row in rows
    ]
    assert any(claims for _, claims in parts)
    assert [sum(both) for both in parts] == [Decimal(row["Loss in all (CNY)"]) for row in rows]


def test_several_firms_fail_together_in_the_title(browser: Browser) -> None:
    client = browser()
    token = token_of(client.get("/stress").text)
    sent = {"csrf": token, "firm": ["C1", "S1"], "channel": "orders"}
    page = client.get(client.post("/stress", data=sent).headers["Location"]).text

    assert f"If {NAMES['C1']}, {NAMES['S1']} fail</h1>" in page


@pytest.fixture
def other(browser: Browser) -> str:
    """The id of the scenario in which `S1` fails."""
    client = browser("risk")
    token = token_of(client.get("/stress").text)
    sent = {"csrf": token, "firm": "S1", "channel": ["production", "orders"]}
    return client.post("/stress", data=sent).headers["Location"].rpartition("/")[2]


def test_scenarios_are_listed_and_two_of_them_compared(
    browser: Browser, scenario: str, other: str
) -> None:
    client = browser("risk", "en")
    listed = client.get("/stress/scenarios").text
    page = client.get(f"/stress/{scenario}").text
    compared = client.get(f"/stress/{scenario}/compare?with={other}")
    told = client.get(f"/api/v1/scenarios/{scenario}/compare?with={other}").json()
    file = client.get(f"/stress/{scenario}/compare.csv?with={other}&sort=name")
    rows = list(csv.DictReader(io.StringIO(file.content.decode("utf-8-sig"))))

    for each in (scenario, other):
        assert f'<tr data-id="{each}">' in listed
    assert f'<option value="{other}">' in page
    assert f'<option value="{scenario}">' not in page
    assert compared.status_code == 200
    assert f'data-list="compared" data-total="{told["firms"]}"' in compared.text
    assert f'value="{told["difference_fen"]}"' in compared.text
    known = {
        firm["id"]: firm
        for firm in client.get(
            f"/api/v1/scenarios/{scenario}/compare?with={other}&size=1000"
        ).json()["items"]
    }
    for row in rows:
        if row["Id"] in known:
            difference_fen = known[row["Id"]]["difference_fen"]
            assert Decimal(row["Second less first (CNY)"]) * 100 == difference_fen
    assert len(rows) == told["firms"]
    names = [row["Firm"].removeprefix("'") for row in rows]
    assert names == sorted(names)
    assert (
        f"/stress/{scenario}/compare.csv?sort=name&amp;with={other}"
        in client.get(f"/stress/{scenario}/compare?sort=name&with={other}").text
    )


def test_the_list_of_scenarios_is_searched_and_has_its_files(
    browser: Browser, scenario: str, other: str
) -> None:
    client = browser("risk", "en")
    text = client.get("/stress/scenarios", params={"q": NAMES["S1"][:4]}).text
    rows = client.get("/stress/scenarios.csv?sort=-loss").content.decode("utf-8-sig").splitlines()

    assert other in text
    assert f'data-id="{scenario}"' not in text
    assert rows[0].startswith("Id,Scenario,Channels,Loss (CNY)")
    assert client.get("/stress/scenarios.xlsx").status_code == 200
    assert "No scenario fits" in client.get("/stress/scenarios?q=nothing").text


def test_what_cannot_be_compared_is_refused_as_unknown(browser: Browser, scenario: str) -> None:
    client = browser("risk", "en")
    unknown = "scenario-1-0123456789abcdef"

    assert client.get(f"/stress/{scenario}/compare").status_code == 422
    for path in (f"{scenario}/compare?with={unknown}", f"{unknown}/compare?with={scenario}"):
        assert client.get(f"/stress/{path}").status_code == 404
    for role in ("auditor", "core", "supplier"):
        for path in ("scenarios", "scenarios.csv", f"{scenario}/compare?with={scenario}"):
            assert browser(role).get(f"/stress/{path}").status_code == 403  # type: ignore[arg-type]  # a role


def test_groups_and_shares_are_added_kept_and_dropped_without_a_script(browser: Browser) -> None:
    client = browser("risk", "en")
    fields = {
        "form": "1",
        "firm": ["C1", "S1"],
        "firm_share": ["50", "100"],
        "add_chain": "C2",
        "add_region": "上海",
        "channel": "orders",
        "name": "East",
        "drop": "S1",
    }
    led = client.get("/stress", params=fields).headers["Location"]
    text = client.get(led).text

    assert parse_qs(urlsplit(led).query) == {
        "firm": ["C1"],
        "firm_share": ["50"],
        "chain": ["C2"],
        "region": ["上海"],
        "channel": ["orders"],
        "name": ["East"],
    }
    assert re.findall(r'name="(\w+)_share" value="([^"]*)"', text) == [
        ("firm", "50"), ("region", "100"), ("chain", "100"),
    ]  # fmt: skip
    assert '<option value="上海">' in text
    dropped = client.get("/stress", params={"form": "1", "chain": "C2", "drop_chain": "C2"})
    assert "chain=" not in dropped.headers["Location"]


def test_a_scenario_of_groups_is_the_one_that_the_interface_makes(browser: Browser) -> None:
    client = browser("risk", "en")
    token = token_of(client.get("/stress").text)
    sent = {
        "csrf": token,
        "name": "East",
        "channel": ["production", "payments"],
        "chain": "C2",
        "chain_share": "12.5",
        "region": "上海",
        "region_share": "30",
    }
    made = client.post("/stress", data=sent).headers["Location"]
    hits = [
        {"regions": ["上海"], "share": 0.3},
        {"cores": ["C2"], "reach": "chain", "share": 0.125},
    ]
    body = {
        "name": "East",
        "hits": [{**hit, "channels": ["production", "payments"]} for hit in hits],
    }
    told = client.post("/api/v1/scenarios", json=body, headers={"X-CSRF-Token": token}).json()
    page = client.get(made).text
    again = re.search(r'href="(/stress\?[^"]+)"', page)

    assert made == f"/stress/{told['id']}"
    assert "<h1>East</h1>" in page
    assert again is not None
    assert parse_qs(urlsplit(again[1].replace("&amp;", "&")).query) == {
        "region": ["上海"],
        "region_share": ["30"],
        "chain": ["C2"],
        "chain_share": ["12.5"],
        "channel": ["production", "payments"],
        "name": ["East"],
    }


@pytest.mark.parametrize(
    ("changed", "code", "status"),
    [
        ({"region_share": "0"}, "stress_share", 422),
        ({"region_share": "101"}, "stress_share", 422),
        ({"region_share": "NaN"}, "stress_share", 422),
        ({"region_share": "1.234"}, "stress_share", 422),
        ({"region_share": ""}, "stress_share", 422),
        ({"region": "Atlantis"}, "stress_nobody", 404),
        ({"chain": "S2", "chain_share": "50"}, "stress_nobody", 422),
    ],
)
def test_groups_that_are_refused_are_named_and_kept(
    browser: Browser, changed: dict[str, str], code: str, status: int
) -> None:
    client = browser("risk", "en")
    token = token_of(client.get("/stress").text)
    sent = {"csrf": token, "channel": "orders", "region": "上海", "region_share": "50", **changed}

    answer = client.post("/stress", data=sent)

    assert answer.status_code == status
    assert f'role="alert" id="refused" data-code="{code}"' in answer.text
    assert f'name="region" value="{sent["region"]}"' in answer.text
    assert f'name="region_share" value="{sent["region_share"]}"' in answer.text
    assert ('aria-invalid="true"' in answer.text) == (code == "stress_share")

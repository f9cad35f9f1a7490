"""Signing in and out, languages and themes, and who may open which page."""

import pytest
from fastapi import FastAPI

from app.main import rules_of
from app.platform.auth.principals import Role
from app.platform.web.preferences import local_path
from tests.app.pages.conftest import Browser, sign_in, token_of

OUTSIDE = [
    ("core", "/chains/C1", 200),
    ("core", "/chains/C1/limits/S1", 200),
    ("core", "/chains/C1/limits.csv", 200),
    ("core", "/chains/C1/limits/S1/tree", 200),
    ("core", "/firms/C1", 200),
    ("core", "/chains/C2", 403),
    ("core", "/chains/C2/limits/S1", 403),
    ("core", "/chains/NONE", 403),
    ("core", "/firms/S1", 403),
    ("core", "/firms", 403),
    ("core", "/cores", 403),
    ("core", "/cores.csv", 403),
    ("core", "/stress", 403),
    ("core", "/stress/scenario-1", 403),
    ("supplier", "/firms/S1", 200),
    ("supplier", "/chains/C1/limits/S1", 200),
    ("supplier", "/chains/C1/limits/S1/tree", 200),
    ("supplier", "/chains/C1/limits/S2", 403),
    ("supplier", "/firms/S2", 403),
    ("supplier", "/firms/NONE", 403),
    ("supplier", "/firms?query=S2", 403),
    ("supplier", "/chains/C1", 403),
    ("supplier", "/chains/C1/limits.csv", 403),
    ("supplier", "/cores", 403),
    ("supplier", "/stress", 403),
    ("auditor", "/cores", 200),
    ("auditor", "/chains/C1", 200),
    ("auditor", "/stress", 403),
]


@pytest.mark.parametrize(("role", "path", "status"), OUTSIDE)
def test_everybody_sees_their_own_pages_only(
    browser: Browser, role: Role, path: str, status: int
) -> None:
    answer = browser(role, "en").get(path)

    assert answer.status_code == status
    if status == 403:
        assert "Not yours to see" in answer.text


@pytest.mark.parametrize(("role", "path"), [("core", "/chains/C1"), ("supplier", "/firms/S1")])
def test_pages_of_outsiders_lead_nowhere_that_they_may_not_go(
    browser: Browser, role: Role, path: str
) -> None:
    client = browser(role)
    text = client.get(path).text
    links = {part.split('"')[0].replace("&amp;", "&") for part in text.split('href="')[1:]}

    for link in sorted(link for link in links if link.startswith("/") and "sign" not in link):
        assert client.get(link).status_code in {200, 303}, link


def test_the_first_page_is_everybodys_own(browser: Browser) -> None:
    first = {
        "officer": "/work",
        "risk": "/work",
        "auditor": "/audit",
        "admin": "/admin",
        "core": "/core",
        "supplier": "/my",
    }

    for role, path in first.items():
        client = browser(role)
        assert client.get("/").headers["Location"] == path
        assert client.get(path, follow_redirects=True).status_code == 200


def test_who_is_not_signed_in_is_asked_to_and_comes_back(browser: Browser) -> None:
    client = browser(None)

    asked = client.get("/chains/C1?sort=name")
    entered = sign_in(client, "risk", target="/chains/C1?sort=name")

    assert asked.status_code == 303
    assert asked.headers["Location"] == "/sign-in?next=%2Fchains%2FC1%3Fsort%3Dname"
    assert entered.headers["Location"] == "/chains/C1?sort=name"
    assert client.get("/chains/C1").status_code == 200
    assert client.get("/sign-in").headers["Location"] == "/"


def test_a_wrong_password_is_refused_in_words_and_the_name_kept(browser: Browser) -> None:
    client = browser(None, "en")

    answer = sign_in(client, "risk", "not the password")

    assert answer.status_code == 422
    assert "do not belong together" in answer.text
    assert 'value="risk"' in answer.text
    assert "not the password" not in answer.text


def test_a_form_that_we_did_not_give_signs_nobody_in(browser: Browser) -> None:
    client = browser(None, "en")
    client.get("/sign-in")

    answer = client.post("/sign-in", data={"name": "risk", "password": "x", "csrf": "made up"})

    assert answer.status_code == 422
    assert "open for too long" in answer.text


def test_signing_out_needs_the_token_and_ends_the_session(browser: Browser) -> None:
    client = browser("risk")
    token = token_of(client.get("/cores").text)

    forged = client.post("/sign-out", data={"csrf": "made up"})
    ended = client.post("/sign-out", data={"csrf": token})
    assert ended.headers["clear-site-data"] == '"cache", "storage"'
    assert "clear-site-data" not in forged.headers

    assert forged.status_code == 403
    assert ended.headers["Location"] == "/sign-in"
    assert client.get("/cores").status_code == 303


def test_a_session_is_prolonged_by_its_own_form_only(browser: Browser) -> None:
    client, other = browser("risk"), browser("officer")
    token, foreign = (token_of(each.get("/cores").text) for each in (client, other))

    longer = client.post("/session/prolong", data={"csrf": token})
    forged = client.post("/session/prolong", data={"csrf": foreign})
    nobody = browser(None).post("/session/prolong", data={"csrf": token})

    assert (longer.status_code, longer.json()) == (200, {"seconds": 12 * 3600})
    assert "Max-Age=43200" in longer.headers["Set-Cookie"]
    assert longer.headers["Cache-Control"] == "no-store"
    assert (forged.status_code, nobody.status_code) == (403, 303)
    assert client.get("/cores").status_code == 200


def test_a_page_knows_how_long_its_session_lasts(browser: Browser) -> None:
    text = browser("risk").get("/cores").text

    assert f'data-ends="{12 * 3600}"' in text
    assert "data-ends" not in browser(None).get("/sign-in").text


def test_running_a_scenario_needs_the_token(browser: Browser) -> None:
    answer = browser("risk").post("/stress", data={"firm": "C1", "channel": "orders"})

    assert answer.status_code == 403


def test_session_cookies_are_out_of_reach_of_scripts_and_other_sites(browser: Browser) -> None:
    cookies = sign_in(browser(None), "risk").headers.get_list("Set-Cookie")
    session = next(cookie for cookie in cookies if cookie.startswith("deeptier_session="))

    assert "HttpOnly" in session
    assert "SameSite=lax" in session


def test_language_and_theme_are_kept(browser: Browser) -> None:
    client = browser("risk", "zh")

    back = client.get("/preferences?theme=dark&next=/cores?sort=name")
    client.get("/preferences?language=en")
    text = client.get("/cores").text

    assert back.headers["Location"] == "/cores?sort=name"
    assert 'data-theme="dark"' in text
    assert 'lang="en"' in text


def test_the_browser_says_which_language_where_nobody_chose(browser: Browser) -> None:
    client = browser(None)
    client.cookies.clear()

    english = client.get("/sign-in", headers={"Accept-Language": "fr, en-GB;q=0.8"}).text
    setting = client.get("/sign-in", headers={"Accept-Language": "fr"}).text

    assert 'lang="en"' in english
    assert 'lang="zh-CN"' in setting


@pytest.mark.parametrize(
    "given",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "evil",
        "/a\nb",
        "/\t/evil.example",
        "",
        None,
        "/a\\b",
        "//[",
    ],
)
def test_next_leads_to_our_own_pages_only(given: str | None) -> None:
    assert local_path(given) == "/"


def test_preferences_lead_nowhere_else(browser: Browser) -> None:
    answer = browser(None).get("/preferences?language=en&next=//evil.example")

    assert answer.headers["Location"] == "/"


def test_every_page_has_a_rule(served: FastAPI) -> None:

    pages = [path for _, path in rules_of(served) if not path.startswith("/api/")]

    assert "/chains/{core}/limits/{firm}/tree" in pages

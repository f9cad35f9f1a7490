"""
The stories on a bank that serves already, say after `make demo`, by the interface and by pages.

    python -m tests.journeys.walk http://127.0.0.1:8000 var [api] [zh] [en]
"""

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

from tests.chromium import launched
from tests.journeys import stories
from tests.journeys.by_api import ByApi
from tests.journeys.by_pages import ByPages
from tests.journeys.casting import Casting
from tests.journeys.people import Login
from tests.journeys.stories import Enter

WAYS = ("api", "zh", "en")


def logins_of(home: Path) -> list[Login]:
    """Return the logins that the demo has printed."""
    told = json.loads((home / "demo-logins.json").read_text(encoding="utf-8"))
    return [Login(e["name"], e["password"], e["role"], e["firm"] or "") for e in told]


def signed_up(home: Path, firm: str) -> Login:
    """Return a new user for a supplier, as an administrator adds one."""
    login = Login(f"story-{firm}-{secrets.token_hex(3)}", secrets.token_hex(12), "supplier", firm)
    added = ("user", "add", login.name, "--role", "supplier", "--firm", firm)
    subprocess.run(
        [sys.executable, "-m", "app.cli", *added, "--password-file", "-"],
        env={**os.environ, "DEEPTIER_HOME": str(home)},
        input=login.password + "\n",
        text=True,
        check=True,
        capture_output=True,
    )
    return login


def remembering(entered: Any) -> Enter:
    """Return what lets each person in once."""
    inside: dict[str, Any] = {}

    def enter(login: Login) -> Any:
        if login.name not in inside:
            inside[login.name] = entered(login)
        return inside[login.name]

    return enter


@contextmanager
def entering(way: str, address: str) -> Iterator[Enter]:
    """Yield what lets people in by a way."""
    if way == "api":
        with ExitStack() as opened:
            yield remembering(lambda login: opened.enter_context(closing(ByApi(address, login))))
        return
    from playwright import sync_api  # noqa: PLC0415  # The interface needs no browser.

    with launched(sync_api) as browser:
        yield by_pages_of(browser, address, way)


def by_pages_of(browser: Any, address: str, language: str) -> Enter:
    """Return what lets people in by the pages in a language, each in a window of their own."""

    def entered(login: Login) -> ByPages:
        """Return somebody who has signed in."""
        page = browser.new_context(base_url=address, locale=language).new_page()
        return ByPages(page, login, language)

    return remembering(entered)


def main(address: str, home: Path, ways: Sequence[str]) -> None:
    """Tell the stories by each way, and print how it went."""
    logins = logins_of(home)
    by_firm = {each.firm: each for each in logins if each.role == "supplier"}

    def sign_up(firm: str) -> Login:
        """Return who signs in for a firm: as the demo has printed, else somebody new."""
        if firm not in by_firm:
            by_firm[firm] = signed_up(home, firm)
        return by_firm[firm]

    officer = next(each for each in logins if each.role == "officer")
    with closing(ByApi(address, officer)) as looking:
        casting = Casting(looking, logins, sign_up)
        for way in ways:
            cast = casting.cast()  # A third tier that was passed a voucher plays no more.
            began = time.monotonic()
            with entering(way, address) as enter:
                moved = stories.told(enter, cast)
            took = time.monotonic() - began
            sys.stdout.write(f"{way}: told in {took:.1f} s, the limit moved in {moved:.2f} s\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3:] or WAYS)

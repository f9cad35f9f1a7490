"""Every link of every page leads somewhere that its reader may go."""

import html
import re
from collections.abc import Callable
from urllib.parse import urljoin, urlsplit

import pytest
from fastapi.testclient import TestClient

PAGES_MAX = 150


@pytest.mark.parametrize(
    ("role", "firm"),
    [("risk", None), ("auditor", None), ("core", "CORE1"), ("core", "CORE2"), ("supplier", "MILL")],
)
def test_no_link_of_a_reader_leads_nowhere(
    client: TestClient, bearer: Callable[..., dict[str, str]], role: str, firm: str | None
) -> None:
    headers = {**bearer(role, firm), "Accept": "text/html", "Accept-Language": "en"}
    left, seen, dead = ["/"], {"/"}, []
    while left and len(seen) < PAGES_MAX:
        path = left.pop(0)
        answer = client.get(path, headers=headers)
        if answer.status_code != 200:
            dead.append((answer.status_code, path))
        if "text/html" not in answer.headers["Content-Type"]:
            continue
        for href in re.findall(r'href="([^"#]+)[^"]*"', answer.text):
            target = urljoin(path, html.unescape(href))
            if urlsplit(target).path not in {"/preferences", "/sign-out"} and target not in seen:
                seen.add(target)
                left.append(target)

    assert dead == []
    assert len(seen) >= 7

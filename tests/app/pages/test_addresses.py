"""Whatever the address of a page asks for, by whom: a page comes back, or the page of a refusal."""

import random
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient

from app.main import create_app, rules_of
from app.platform.auth.principals import ROLES
from app.platform.config import Settings

FIRMS = {"core": "CORE1", "supplier": "PART"}
NAMES = (
    *("query", "sort", "page", "where", "binding", "grade", "tier", "direction", "firm", "channel"),
    *("language", "theme", "next", "version", "as_of", "form", "ended", "region", "sector", "core"),
)
VALUES = (
    *("", "1", "-1", "0", "9" * 30, "1e9", "-limit", "--limit", "limit", "up1", "down99", "A", "-"),
    *(
        "%",
        "'",
        '"',
        "<b>",
        "华",
        "🙂",
        "a" * 5000,
        "MILL",
        "NONE",
        "..",
        "//x",
        "\\",
        "2026-06-30",
    ),
    *("2026-13-01", "no-such", "true", "\u202e", "１", "²", "\x7f", "\n", "zh", "dark", "orders"),
)
CORES = ("CORE1", "CORE2", "MILL", "NONE")
PARTNERS = ("MILL", "PART", "CORE1", "SHOP", "NONE")
REQUESTS = 60


def pages() -> list[str]:
    rules = rules_of(create_app(Settings()))
    return sorted({path for method, path in rules if method == "GET" and "/api/" not in path})


def address(draw: random.Random, path: str) -> str:
    filled = path.replace("{core}", draw.choice(CORES)).replace("{firm}", draw.choice(PARTNERS))
    asked = [
        f"{draw.choice(NAMES)}={quote(draw.choice(VALUES), safe='')}"
        for _ in range(draw.randint(0, 4))
    ]
    return f"{filled}?{'&'.join(asked)}"


@pytest.mark.parametrize("role", [None, *ROLES])
def test_no_page_crashes_whatever_its_address_asks(
    client: TestClient, bearer: Any, role: Any
) -> None:
    draw = random.Random(f"addresses of {role}")
    headers = {"Accept": "text/html"}
    if role is not None:
        headers |= bearer(role, FIRMS.get(role))
    for path in draw.choices(pages(), k=REQUESTS):
        asked = address(draw, path)
        answer = client.get(asked, headers=headers, follow_redirects=False)

        assert answer.status_code in (200, 303, 403, 404, 422, 503), asked
        assert "Traceback (most" not in answer.text

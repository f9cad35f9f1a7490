"""Bearer tokens: signed by us, in time, not revoked; anything else is 401."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
from fastapi.testclient import TestClient

from app.main import create_app
from app.platform.auth import tokens
from app.platform.auth.tokens import issue, read
from app.platform.config import Settings
from app.platform.errors import Malformed, Unauthenticated
from app.platform.records import Records, open_records

NOW = dt.datetime(2026, 7, 15, 9, tzinfo=dt.UTC)
KEY = b"k" * 32
DAY = dt.timedelta(days=1)


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    with open_records(f"sqlite:///{tmp_path / 'records.db'}") as records:
        yield records


def test_a_token_says_who_bears_it(records: Records) -> None:
    token = issue(records, KEY, role="core", firm="C1", days=2, now=NOW)

    _, bearer = read(token, KEY, now=NOW + DAY)

    assert (bearer.role, bearer.firm, bearer.is_bank) == ("core", "C1", False)
    assert bearer.csrf is None


def test_a_token_ends(records: Records) -> None:
    token = issue(records, KEY, role="risk", firm=None, days=1, now=NOW)

    with pytest.raises(Unauthenticated, match="expired"):
        read(token, KEY, now=NOW + DAY)


def test_a_token_of_another_key_or_another_form_is_none(records: Records) -> None:
    token = issue(records, KEY, role="risk", firm=None, days=1, now=NOW)
    claims = jwt.decode(token, KEY, algorithms=["HS256"], options={"verify_exp": False})
    forged = [
        jwt.encode(claims, b"x" * 32, algorithm="HS256"),
        jwt.encode(claims, None, algorithm="none"),
        jwt.encode({**claims, "role": "king"}, KEY, algorithm="HS256"),
        jwt.encode({**claims, "role": "core"}, KEY, algorithm="HS256"),
        jwt.encode({k: v for k, v in claims.items() if k != "exp"}, KEY, algorithm="HS256"),
        jwt.encode({**claims, "iss": "other"}, KEY, algorithm="HS256"),
        "a.b.c",
        "",
        token[:-2],
    ]
    for each in forged:
        with pytest.raises(Unauthenticated, match="not valid"):
            read(each, KEY, now=NOW)


@pytest.mark.parametrize(
    ("role", "firm", "days"),
    [("core", None, 1), ("risk", "C1", 1), ("king", None, 1), ("risk", None, 0)],
)
def test_a_token_that_makes_no_sense_is_not_issued(
    records: Records, role: Any, firm: str | None, days: int
) -> None:
    with pytest.raises(Malformed):
        issue(records, KEY, role=role, firm=firm, days=days, now=NOW)


def test_a_revoked_token_is_refused_within_seconds(tmp_path: Path) -> None:
    clock = [NOW]
    settings = Settings(home=tmp_path)
    with TestClient(create_app(settings, now=lambda: clock[0])) as client:
        records = client.app.state.resources.records  # type: ignore[attr-defined]
        key = settings.signing_key()
        token = issue(records, key, role="risk", firm=None, days=1, now=NOW)
        name, _ = read(token, key, now=NOW)
        headers = {"Authorization": f"Bearer {token}"}

        assert client.get("/api/v1/session", headers=headers).status_code == 200
        assert tokens.revoke(records, name, now=NOW)
        clock[0] += dt.timedelta(seconds=3)
        answer = client.get("/api/v1/session", headers=headers)
        assert not tokens.revoke(records, "unknown", now=NOW)

    assert answer.status_code == 401
    assert "revoked" in answer.json()["detail"]


@pytest.mark.parametrize("header", ["Bearer", "Bearer x", "Basic eDp5", "bearer  "])
def test_a_header_without_a_token_of_ours_is_401(tmp_path: Path, header: str) -> None:
    with TestClient(create_app(Settings(home=tmp_path))) as client:
        answer = client.get("/api/v1/session", headers={"Authorization": header})

    assert answer.status_code == 401

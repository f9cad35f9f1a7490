"""A service on which accounts are open, and requests that each come with a key of their own."""

import itertools
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from fastapi.testclient import TestClient
from httpx import Response

from app.books.business_day import business_day
from app.books.ledger import AccountTotal, Identity, ledger_of
from app.books.ledger.tables import accounts
from app.platform.deps import Resources
from app.platform.events.tables import events

API = "/api/v1"
Bearer = Callable[..., dict[str, str]]
_keys = itertools.count()


class Desk:
    """Whoever asks the service: headers of each party are made once."""

    def __init__(self, client: TestClient, bearer: Bearer) -> None:
        self.client = client
        self._bearer = bearer
        self._headers: dict[str, dict[str, str]] = {}
        self.resources: Resources = client.app.state.resources  # type: ignore[attr-defined]
        business_day(self.resources)

    def headers(self, who: str) -> dict[str, str]:
        """Return the headers of a core, a supplier, or (in lower case) a role of the bank."""
        if who not in self._headers:
            role = who if who.islower() else "core" if who.startswith("CORE") else "supplier"
            self._headers[who] = self._bearer(role, None if who.islower() else who)
        return self._headers[who]

    def use(self, who: str, token: str) -> None:
        """Let somebody ask with a token."""
        self._headers[who] = {"Authorization": f"Bearer {token}"}

    def get(self, who: str, path: str) -> Response:
        return self.client.get(f"{API}{path}", headers=self.headers(who))

    def post(self, who: str, path: str, body: Any = None, *, key: str | None = None) -> Response:
        own = {"Idempotency-Key": key or f"key-{next(_keys)}"}
        return self.client.post(f"{API}{path}", json=body, headers=self.headers(who) | own)

    def open_account(self, account: str, total: int, outside: int = 0) -> None:
        """Set the total of an account."""
        layer = account.partition(":")[0]
        identity = Identity("document" if layer in ("receivable", "voucher") else layer)
        ledger_of(self.resources).set_totals(
            [AccountTotal(account, identity, total, outside)], {"run": "r"}
        )

    def figures(self, account: str) -> dict[str, int]:
        """Return the figures of an account."""
        with self.resources.records.reading() as connection:
            query = sa.select(accounts).where(accounts.c.account == account)
            return dict(connection.execute(query).mappings().one())

    def count(self) -> int:
        """Return how many events there are that are not of the audit."""
        query = sa.select(sa.func.count()).select_from(events)
        with self.resources.records.reading() as connection:
            return int(connection.scalar(query.where(events.c.operation != "audit")) or 0)

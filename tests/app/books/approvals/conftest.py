"""An action that needs two people, over a real ledger: an amount of an account is thawed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Self

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient
from httpx import Response

from app.books.approvals import (
    ActionProposal,
    ApprovalRequest,
    EffectLine,
    Opening,
    desk_of,
    new_name,
)
from app.books.errors import WrongState
from app.books.ledger import AccountTotal, Identity, Moving, ledger_of, operations
from app.main import create_app
from app.platform.auth.principals import Principal, Role, RoleScope
from app.platform.auth.tokens import Bearer, issue_to, read
from app.platform.config import Settings
from app.platform.deps import Resources
from app.platform.events.tables import head
from tests.app.computing import Here
from tests.app.conftest import NOW

DAY = "2026-06-30"
FIRM, CORE = "firm:F1", "core:CORE1"
Document = dict[str, Any]


class Thaw:
    """Takes back a part of what is frozen of an account."""

    name = "thaw"

    def ready(self) -> Self:
        """Return it as it is."""
        return self

    def propose(self, moving: Moving, asked: Document) -> ActionProposal:
        """Return what it would do."""
        found = moving.account(asked["account"])
        frozen = 0 if found is None else found.figures.frozen
        if frozen < asked["amount_fen"]:
            raise WrongState(f"account {asked['account']}", "open", ["frozen"])
        left = frozen - asked["amount_fen"]
        return ActionProposal(
            [f"account:{asked['account']}"],
            [EffectLine("frozen", asked["account"], frozen, left)],
            asked["amount_fen"],
            asked["core"],
        )

    def apply(self, moving: Moving, asked: Document) -> Document:
        """Do it."""
        account, amount = asked["account"], asked["amount_fen"]
        after = operations.unfreeze(moving, account, amount, reason="approved")
        return {"account": account, "frozen_fen": after.frozen}


def move_to(resources: Resources, day: str) -> None:
    """Set the business day, as the close of days does."""
    with resources.records.writing() as connection:
        connection.execute(sa.update(head).values(day=day))


@dataclass
class Bank:
    """The service with the action, two accounts of which all is frozen, and people."""

    client: TestClient
    thaw: Thaw = field(default_factory=Thaw)
    keys: Iterator[int] = field(default_factory=count)

    @property
    def resources(self) -> Resources:
        """Return what the service has open."""
        found: Resources = self.client.app.state.resources  # type: ignore[attr-defined]
        return found

    def token(
        self, name: str | None, role: Role = "officer", firm: str | None = None, unit: str = "head"
    ) -> str:
        """Return a token of somebody."""
        key, holder = (
            self.resources.settings.signing_key(),
            Bearer(name, RoleScope(role, firm, unit)),
        )
        return issue_to(self.resources.records, key, holder, days=1, now=NOW)

    def person(self, token: str) -> Principal:
        """Return who bears a token."""
        return read(token, self.resources.settings.signing_key(), now=NOW)[1]

    def ask(
        self, token: str, account: str = FIRM, amount_fen: int = 100, core: str | None = None
    ) -> str:
        """Return the name of an approval that somebody asked for."""
        asked = {"account": account, "amount_fen": amount_fen, "core": core}
        who = self.person(token)
        request = ApprovalRequest(self.thaw, asked, who, reason="回款已到")
        desk = desk_of(self.resources, {"thaw": self.thaw})
        name = new_name(self.resources)
        reply = ledger_of(self.resources).ask(Opening(desk, name, request, None))
        assert (reply.status, reply.document) == (202, {"approval": name})
        return name

    def send(self, token: str, path: str, key: str | None = None, **body: Any) -> Response:
        """Return the answer to a decision."""
        return self.client.post(
            f"/api/v1/approvals/{path}",
            headers={
                "Authorization": f"Bearer {token}",
                "Idempotency-Key": key or f"key-{next(self.keys)}",
            },
            json=body or None,
        )

    def get(self, token: str, path: str = "") -> Response:
        """Return the answer to a read."""
        return self.client.get(
            f"/api/v1/approvals{path}", headers={"Authorization": f"Bearer {token}"}
        )

    def frozen(self, account: str = FIRM) -> int:
        """Return how much of an account is frozen."""
        with self.resources.records.reading() as connection:
            text = sa.text("SELECT frozen FROM accounts WHERE account = :account")
            return int(connection.execute(text, {"account": account}).scalar_one())


@pytest.fixture
def bank(client: TestClient) -> Bank:
    return opened(client)


@pytest.fixture
def bank_on_postgres(settings: Settings, empty_postgres_url: str) -> Iterator[Bank]:
    there = settings.model_copy(update={"records_url": empty_postgres_url})
    with TestClient(create_app(there, now=lambda: NOW, computer=Here)) as client:
        yield opened(client)


def opened(client: TestClient) -> Bank:
    """Return a bank with the action and its accounts."""
    made = Bank(client)
    client.app.state.approval_actions["thaw"] = made.thaw  # type: ignore[attr-defined]
    move_to(made.resources, DAY)
    ledger = ledger_of(made.resources)
    rich = 10**13
    ledger.set_totals(
        [AccountTotal(each, Identity(each.partition(":")[0]), rich) for each in (FIRM, CORE)],
        {"run": "r"},
    )
    for each in (FIRM, CORE):
        ledger.freeze(each, rich, reason="orange")
    return made


Answered = Callable[[Response], tuple[int, str]]


def told(answer: Response) -> tuple[int, str]:
    """Return status and code of an answer."""
    return answer.status_code, answer.json().get("code", "")

"""Documents financed as firms finance them: asked for, accepted, signed, drawn, over HTTP."""

import datetime as dt
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from app.books.business_day.closing import close_days
from app.books.ledger import AccountTotal, Identity, ledger_of
from app.books.ledger.tables import uses
from app.jobs.closing import STEPS
from app.lending.servicing.tables import loan_documents
from app.platform.auth.principals import RoleScope
from app.platform.auth.tokens import Bearer, issue_to
from app.platform.deps import Resources
from app.platform.events.tables import events
from tests.app.chain.asking import Desk
from tests.app.conftest import NOW
from tests.app.lending.servicing.lent import no_step

ACCOUNT = "6222 0001"
CODE = "document-finance"
TERMS: Mapping[str, Any] = {"product": CODE, "tenor_days": 90, "repayment": "bullet"}


def on_file(desk: Desk, firm: str) -> None:
    """Put the account of a firm on file, as an officer approves."""
    headers = desk.headers(firm) | {"Idempotency-Key": str(uuid4())}
    url = f"/api/v1/firms/{firm}/account"
    asked = desk.client.put(url, json={"account": ACCOUNT}, headers=headers).json()
    done = desk.post("officer", f"/approvals/{asked['approval']}/approve")
    assert done.status_code == 200, done.text


def held(desk: Desk, holder: str, amount: int, due_on: str, *, total: int | None = None) -> str:
    """Return the account of a voucher of CORE1 that a firm holds, with the total of a run."""
    body = {"holder": holder, "amount_fen": amount, "due_on": due_on}
    number = desk.post("CORE1", "/vouchers", body).json()["id"]
    assert desk.post(holder, f"/vouchers/{number}/accept").json()["state"] == "held"
    return carries(desk, number, holder, amount if total is None else total)


def carries(desk: Desk, number: str, holder: str, total: int) -> str:
    """Return the account of a voucher of CORE1, on which so much may be lent."""
    identity = Identity("document", "CORE1", holder, number)
    account = AccountTotal(f"voucher:{number}", identity, total)
    ledger_of(desk.resources).set_totals([account], {"run": "r"})
    return account.account


def closed(desk: Desk, until: str) -> None:
    """Close all days up to one."""
    close_days(desk.resources, dt.date.fromisoformat(until), STEPS, no_step)


def paper(account: str) -> dict[str, str]:
    """Return a document by the id of its account, as it is named in a body."""
    kind, _, number = account.partition(":")
    return {"kind": kind, "number": number}


def signed(desk: Desk, firm: str, amount: int, *accounts: str, **more: Any) -> str:
    """Return an application on documents of CORE1 that is signed, and may be drawn."""
    body = {**TERMS, "core": "CORE1", "amount_fen": amount, "purpose": "working_capital"}
    body |= {"documents": [*map(paper, accounts)], **more}
    asked = desk.post(firm, "/applications", body)
    assert (asked.status_code, asked.json().get("state")) == (201, "approved"), asked.text
    url = f"/applications/{asked.json()['id']}"
    assert desk.post(firm, f"{url}/accept").json()["state"] == "offer_accepted"
    read = desk.get(firm, f"{url}/contract?language=en").json()
    told = desk.post(firm, f"{url}/sign", {"language": "en", "sha256": read["sha256"]})
    assert told.json()["state"] == "signed", told.text
    return str(asked.json()["id"])


def lent(desk: Desk, firm: str, amount: int, *accounts: str, **more: Any) -> str:
    """Return the loan of an application on documents that is drawn."""
    name = signed(desk, firm, amount, *accounts, **more)
    body = {"amount_fen": amount, "account": ACCOUNT}
    drawn = desk.post(firm, f"/applications/{name}/draw", body)
    assert drawn.json()["state"] == "active", drawn.text
    return str(drawn.json()["loan"])


def by_two(desk: Desk, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an officer asks for and another approves."""
    holder, key = Bearer("ann", RoleScope("officer", None)), desk.resources.settings.signing_key()
    desk.use("ann", issue_to(desk.resources.records, key, holder, days=1, now=NOW))
    asked = desk.post("officer", path, dict(body))
    assert asked.status_code == 202, asked.text
    done = desk.post("ann", f"/approvals/{asked.json()['approval']}/approve")
    assert done.status_code == 200, done.text
    return dict(done.json()["result"])


def loan(desk: Desk, name: str) -> dict[str, Any]:
    """Return a loan as the bank reads it."""
    found = desk.get("officer", f"/loans/{name}")
    assert found.status_code == 200, found.text
    return dict(found.json())


def happened(desk: Desk, name: str) -> list[dict[str, Any]]:
    """Return what happened to a loan."""
    return list(desk.get("officer", f"/loans/{name}/events").json()["items"])


def stands_on(resources: Resources, account: str) -> dict[str, Any]:
    """Return what is kept of the loan on a document."""
    query = sa.select(loan_documents).where(loan_documents.c.document == account)
    with resources.records.reading() as connection:
        return dict(connection.execute(query).mappings().one())


def use_of(resources: Resources, name: str) -> dict[str, Any]:
    """Return the row of a use."""
    with resources.records.reading() as connection:
        return dict(connection.execute(sa.select(uses).where(uses.c.use == name)).mappings().one())


def events_named(resources: Resources, operation: str) -> list[dict[str, Any]]:
    """Return the events of an operation, the first one first."""
    query = sa.select(events).where(events.c.operation == operation).order_by(events.c.number)
    with resources.records.reading() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]

"""Applications and loans in every state, so that requests find what is there."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from app.books.ledger import Moving, Plain, Reads, Reply, ledger_of
from app.lending.applications.tables import applications
from app.lending.contracts.tables import contracts
from app.lending.loans.acts import WriteOff
from app.lending.loans.loan import Payment
from app.lending.servicing.acting import LoanActing
from app.lending.servicing.tables import firm_accounts, loans
from app.lending.servicing.values import values_today
from app.platform.deps import Resources
from tests.app.chain.booked import API, DAY, PLENTY, send, set_up
from tests.app.lending.applications.asked import put
from tests.app.lending.servicing.lent import TODAY, opened

FIRM, ACCOUNT = "MILL", "6222 0001"
COPIES = 6  # Applications of each state: what is done to one ends it.
LENT_FEN = 100_000
LATE_DAYS = (0, 95, 130, 300)  # How long ago loans of 90 days are drawn.
PAID, LOST = "L0", "L4"
ORDER: dict[str, Any] = {
    "core": "CORE1",
    "product": "document-finance",
    "amount_fen": 1_000_000,
    "tenor_days": 30,
    "repayment": "bullet",
    "documents": [{"kind": "receivable", "number": "R1"}],
    "purpose": "working_capital",
}
CREDIT = ORDER | {"firm": FIRM, "product": "data-credit", "documents": [], "amount_fen": 200_000}


def lend(client: Any, senders: Mapping[str, Mapping[str, str]], resources: Resources) -> Any:
    """Return ids of what there is of lending, by the names that they have in paths."""
    set_up(resources, {"chain:CORE1:MILL": PLENTY})
    asked = send(client, senders["supplier"], "/applications", ORDER).json()
    real = _row(resources, asked["id"])
    names = [asked["id"]]
    for state in ("approved", "referred", "signed"):
        for number in range(COPIES):
            names.append(f"{state}-{number}")
            hands = "one" if state == "referred" else "machine"
            told = {"decision": real["decision"], "hands": hands, "product": "data-credit"}
            put(resources, names[-1], state, **told)
    for place, days in enumerate(LATE_DAYS):
        drawn_on = TODAY - dt.timedelta(days=days)
        opened(resources, f"L{place}", amount_fen=LENT_FEN, drawn_on=drawn_on)
    opened(resources, LOST, amount_fen=LENT_FEN)
    contract = _signed(client, senders["supplier"], resources, "approved-0")
    _act(resources, [each for each in names if each.startswith("signed")], contract)
    kept = [f"L{place}" for place in range(len(LATE_DAYS))]
    waits = send(client, senders["officer"], "/loans/L1/write-off", {"reason": "lost"}).json()
    return {
        "application": tuple(names),
        "loan": (*kept, LOST),
        "decision": asked["decision"]["id"],
        "approval": waits["approval"],
        "n": 1,
    }


def _row(resources: Resources, name: str) -> dict[str, Any]:
    def work(moving: Moving) -> Reply:
        """Return the row of an application."""
        return Reply.of(200, moving.row(applications, name))

    found: dict[str, Any] = ledger_of(resources).ask(Plain(Reads(), work)).document
    return found


def _signed(client: Any, who: Mapping[str, str], resources: Resources, name: str) -> Any:
    """Return the row of the contract of an offer that its firm accepts and signs."""
    accepted = send(client, who, f"/applications/{name}/accept")
    assert accepted.status_code == 200, accepted.text
    address = f"{API}/applications/{name}/contract?language=en"
    body = {"language": "en", "sha256": client.get(address, headers=dict(who)).json()["sha256"]}
    signed = send(client, who, f"/applications/{name}/sign", body)
    assert signed.status_code == 200, signed.text
    with resources.records.reading() as connection:
        query = sa.select(contracts).where(contracts.c.application == name)
        return dict(connection.execute(query).mappings().one())


def _act(resources: Resources, signed: list[str], contract: Mapping[str, Any]) -> None:
    """Sign what is signed, put the account on file, pay on a loan, and give up another."""
    values = values_today(resources)

    def work(moving: Moving) -> Reply:
        """Return nothing."""
        for name in signed:
            rows = [(contracts, {**contract, "application": name})]
            moving.record("test", f"application:{name}", rows=rows)
        on_file = {"firm": FIRM, "account": ACCOUNT, "filed_on": DAY}
        moving.record("test", f"firm:{FIRM}", rows=[(firm_accounts, on_file)])
        acting = LoanActing(moving, values)
        acting.act(acting.found(PAID), Payment(values.day, 1_000, prepay=True), reference="first")
        acting.act(acting.found(LOST), WriteOff(values.day))
        return Reply.of(200, {})

    needs = Reads(rows={loans: [PAID, LOST]})
    ledger_of(resources).ask(Plain(needs, work))


def send_what_is_there(case: Any) -> None:
    """Ask for what can be lent, draw and pay what can be drawn and paid."""
    last = case.operation.path.rpartition("/")[2]
    if last in ("applications", "quotes") and case.method == "POST":
        # MILL has more open than may be: an officer asks for another.
        whose = {"firm": "PART"} if last == "applications" else {}
        case.body |= (CREDIT, ORDER | {"firm": FIRM})[int(case.body["amount_fen"]) % 2] | whose
    elif last == "draw":
        case.body |= {"amount_fen": 1_000_000, "account": ACCOUNT}
    elif last in ("repayments", "recover"):
        case.body["amount_fen"] = 1 + int(case.body["amount_fen"]) % (2 * LENT_FEN)
    elif last == "loans" and case.method == "POST":
        case.body |= {"reservation": "held"}

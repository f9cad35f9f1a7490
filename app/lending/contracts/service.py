"""Contracts of applications: read before they are signed and after, and signed in one order."""

import contextlib
import datetime as dt
import json
from dataclasses import dataclass
from typing import Any, NamedTuple

from app.books.business_day import business_day
from app.books.errors import Stale, WrongState
from app.books.ledger import (
    BookMovedOn,
    Moving,
    Plain,
    Reads,
    Reply,
    ask_prepared,
    check_day,
    ledger_of,
)
from app.books.ledger.answering import Asker
from app.chain.receivables.acts import Debt
from app.chain.receivables.files import of_version
from app.lending.applications import repository as asked
from app.lending.applications.moves import absent, check_arrow, check_version, found, move
from app.lending.applications.offers import has_ended
from app.lending.applications.shown import document, reaches, state_on
from app.lending.applications.states import into
from app.lending.applications.tables import applications
from app.lending.contracts import repository
from app.lending.contracts.agreement import BANK, facts_of
from app.lending.contracts.canonical import contract_document, contract_file, digest, statement
from app.lending.contracts.errors import NoAnswer
from app.lending.contracts.forms import Language, Party, Signature, SignerRole
from app.lending.contracts.keys import ReadyKey, key_of, record_keys
from app.lending.contracts.registration import ensure_filed
from app.lending.contracts.tables import contracts, signing_keys
from app.platform.auth.sight import Sight, sight_of
from app.platform.deps import Resources
from app.platform.errors import Busy
from app.platform.events import moment_text

DONE = 200
SIGNABLE = "offer_accepted"
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class SigningAsked:
    """
    What somebody signs.

    Args:
        language: Of the text.
        sha256: Of the text that they have read; None: they do not say.
        tags: Of the application as they have read it; None: they do not say.
    """

    language: Language
    sha256: str | None
    tags: frozenset[str] | None


class ReadyContract(NamedTuple):
    """A contract that both have signed, as its application and the day stood then."""

    event: int
    day: dt.date
    sha256: str
    file: str
    keys: tuple[ReadyKey, ...]


def contract_of(
    resources: Resources, sight: Sight, application: str, language: Language | None
) -> bytes:
    """
    Return the signed contract of an application; before, the text that there is to sign.

    Args:
        resources: What the process has open.
        sight: Who reads.
        application: Whose contract.
        language: Of a text that is not signed yet; None: the setting's.

    Raises:
        Absent: There is no such application, or it is somebody else's.
        WrongState: Nothing is there to be signed.
        RuleBroken: What is offered is no loan.
        Unready: Something that the text needs cannot be used.
    """
    day, row = asked.one(resources.records, application)
    if row is None or not reaches(row, sight):
        raise absent(application)
    signed = repository.signed(resources.records, application)
    if signed is not None:
        return str(signed["file"]).encode()
    if state_on(row, day) != SIGNABLE:
        raise WrongState(f"application {application}", state_on(row, day), (SIGNABLE,))
    facts = facts_of(
        resources, row, business_day(resources), language or resources.settings.language
    )
    return contract_file(contract_document(facts), [])


def paper_of(
    resources: Resources, sight: Sight, application: str, language: Language | None
) -> bytes:
    """Return a contract for people to read, as a PDF (see `contract_of`)."""
    from app.lending.contracts.paper import pdf_of  # noqa: PLC0415  # few ask for it

    file = json.loads(contract_of(resources, sight, application, language))
    return pdf_of(file, repository.registration(resources.records, application))


def sign(resources: Resources, asker: Asker, application: str, signing: SigningAsked) -> Reply:
    """
    Return an application whose contract its firm and the bank have signed.

    The text is made and signed before the order, which checks that it is still of this
    application and this day; both signatures, new keys and the states are one order.

    Raises:
        Absent: There is no such application, or it is somebody else's.
        Stale: It, or the text, is no longer as the firm has read it.
        WrongState: Its offer is not accepted, or over.
        NoAnswer: The service that signs gave none; nothing happened.
    """
    sight = sight_of(asker.who)

    def prepare() -> Plain:
        """Return the order, with the contract signed where there is one to sign."""
        files = of_version(resources, resources.version())
        ready = _ready(resources, asker, application, signing)
        names = [row["key"] for key in ready.keys for row in key.rows] if ready else []
        needs = Reads(rows={applications: [application], signing_keys: names})

        def work(moving: Moving) -> Reply:
            """Return the application, signed."""
            row = found(moving, application)
            if not sight.is_own(row["firm"]):
                raise absent(application)
            check_version(row, signing.tags)
            check_arrow(row, "signing")
            _check_open(Debt(moving, files, None), row)
            after = _signed(moving, row, ready, signing)
            return Reply.of(DONE, document(after, moving.day_text, sight))

        return Plain(needs, work, asker.key, asker.actor)

    reply = ask_prepared(ledger_of(resources).ask, prepare)
    with contextlib.suppress(NoAnswer, Busy):  # It is signed; who draws asks the registry again.
        ensure_filed(resources, application)
    return reply


def _check_open(debt: Debt, row: Row) -> None:
    """
    Raise where an offer is over.

    Raises:
        WrongState: It is.
    """
    if has_ended(debt, row):
        raise WrongState(f"application {row['application']}", "expired", into("signing"))


def _signed(moving: Moving, row: Row, ready: ReadyContract | None, signing: SigningAsked) -> Row:
    """
    Record a contract that was made ready; return the row of its application.

    Raises:
        BookMovedOn: It was made of an application, a day or keys that have moved on.
        Stale: The firm has read another text.
    """
    if ready is None or ready.event != row["event"]:
        raise BookMovedOn(f"application {row['application']} has moved on")
    check_day(moving, ready.day)
    if signing.sha256 not in (None, ready.sha256):
        raise Stale(f"the contract of application {row['application']}")
    for key in ready.keys:
        record_keys(moving, key)
    row = move(moving, row, "signing", told={"sha256": ready.sha256})
    kept = {
        "application": row["application"],
        "sha256": ready.sha256,
        "file": ready.file,
        "signed_on": moving.day_text,
    }
    told = {"sha256": ready.sha256, "keys": [each.key for each in ready.keys]}
    subject = f"contract:{row['application']}"
    moving.record("contract.signed", subject, rows=[(contracts, kept)], detail=told)
    return move(moving, row, "signed", told={"sha256": ready.sha256})


def _ready(
    resources: Resources, asker: Asker, application: str, signing: SigningAsked
) -> ReadyContract | None:
    """Return the contract of an application, signed; None where there is nothing to sign."""
    _, row = asked.one(resources.records, application)
    if row is None or row["state"] != SIGNABLE or row["firm"] != asker.core:
        return None
    day = business_day(resources)
    facts = facts_of(resources, row, day, signing.language)
    at = moment_text(resources.now())
    keys = (
        key_of(resources, facts.firm.id, asker.actor, at),
        key_of(resources, BANK, BANK, at),
    )
    contract = contract_document(facts)
    sha256 = digest(contract)
    signatures = [
        _signature(sha256, keys[0], ("firm", facts.firm, asker.actor), at),
        _signature(sha256, keys[1], ("bank", facts.bank, BANK), at),
    ]
    file = contract_file(contract, signatures).decode()
    return ReadyContract(row["event"], day, sha256, file, keys)


def _signature(sha256: str, key: ReadyKey, by: tuple[SignerRole, Party, str], at: str) -> Signature:
    """Return the signature of somebody in a role for a party."""
    role, party, person = by
    bare = Signature(role, party.id, person, key.key, key.signer.public_key, at, "")
    return bare._replace(signature=key.signer.sign(statement(sha256, bare)))

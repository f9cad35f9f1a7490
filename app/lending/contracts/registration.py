"""
Filing what is financed with a registry, through a port: whoever files first comes first.

A contract on documents is filed once, under a key of its own. Where the registry gives no answer
nothing is recorded, and it is asked again under the same key: what it has done it finds done.
"""

import hashlib
from typing import NamedTuple, Protocol

from app.books.ledger import Moving, Plain, Reads, Reply, ledger_of
from app.lending.applications import repository as asked
from app.lending.applications.offers import documents_of
from app.lending.contracts import repository
from app.lending.contracts.tables import registrations
from app.platform.deps import Resources
from app.platform.events import canonical

NUMBER_LENGTH = 16
DONE = 200


class Filing(NamedTuple):
    """What is filed: whose assignment of which documents, under which contract."""

    key: str  # The same key is the same filing, however often it is sent.
    contract: str  # Its SHA-256.
    firm: str
    documents: tuple[str, ...]
    amount_fen: int


class Registry(Protocol):
    """Where assignments are filed."""

    def file(self, filing: Filing) -> str:
        """
        Return the number under which it is filed.

        Raises:
            NoAnswer: There was none: whether it is filed is not known.
        """
        ...


class BuiltInRegistry:
    """Files by giving a number, which is of the filing alone."""

    def file(self, filing: Filing) -> str:
        """
        Return the number under which it is filed.

        Example:
            >>> filing = Filing("A1", "0" * 64, "F", ("receivable:R1",), 100)
            >>> BuiltInRegistry().file(filing)
            'R...'
        """
        text = canonical({**filing._asdict(), "documents": list(filing.documents)})
        return "R" + hashlib.sha256(text.encode()).hexdigest()[:NUMBER_LENGTH].upper()


def ensure_filed(resources: Resources, application: str) -> str | None:
    """
    Return the number under which the documents of a signed contract are filed, filed now or before.

    None where there is nothing to file: it is not signed, or finances no document.

    Args:
        resources: What the process has open.
        application: Whose contract.

    Raises:
        NoAnswer: The registry gave none; it may be asked again.
    """
    filed = repository.registration(resources.records, application)
    if filed is not None:
        return str(filed["number"])
    filing = _filing(resources, application)
    if filing is None:
        return None
    registry: Registry = resources.once("registry", BuiltInRegistry)
    number = registry.file(filing)

    def work(moving: Moving) -> Reply:
        """Record the number, where nobody has meanwhile."""
        if moving.row(registrations, application) is None:
            row = {"application": application, "number": number, "filed_on": moving.day_text}
            subject, told = f"contract:{application}", {"number": number}
            moving.record("contract.filed", subject, rows=[(registrations, row)], detail=told)
        return Reply.of(DONE, number)

    needs = Reads(rows={registrations: [application]})
    recorded: str = ledger_of(resources).ask(Plain(needs, work)).document
    return recorded


def _filing(resources: Resources, application: str) -> Filing | None:
    signed = repository.signed(resources.records, application)
    _, row = asked.one(resources.records, application)
    if signed is None or row is None:
        return None
    documents = tuple(documents_of(row))
    if not documents:
        return None
    key = f"application:{application}"
    return Filing(key, signed["sha256"], row["firm"], documents, row["offered_fen"])

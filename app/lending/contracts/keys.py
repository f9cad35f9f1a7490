"""
The keys of people and of the bank: one in force for each, made when they first sign.

Where the secret that sealed a key is gone, it is retired and another one takes its place; what it
signed stays signed.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from app.books.ledger import BookMovedOn, Moving
from app.lending.contracts import repository
from app.lending.contracts.forms import Signature
from app.lending.contracts.signing import KeyPair, Signer, signing_of
from app.lending.contracts.tables import signing_keys
from app.lending.contracts.verification import ContractDifference
from app.platform.deps import Resources
from app.platform.records import Records

Row = dict[str, Any]


class ReadyKey(NamedTuple):
    """A key in force, who signs with it, and the rows of the book that have to be written."""

    key: str
    signer: Signer
    rows: Sequence[Row]


def key_of(resources: Resources, party: str, person: str, at: str) -> ReadyKey:
    """
    Return the key of somebody for a party, made anew where there is none that opens.

    Args:
        resources: What the process has open.
        party: For whom they sign.
        person: Who signs.
        at: The moment, as events hold it.
    """
    service = signing_of(resources)
    held = repository.keys_of(resources.records, party, person)
    in_force = [row for row in held if row["retired_at"] is None]
    for row in in_force:
        signer = service.opened(KeyPair(row["public_key"], row["sealed"]))
        if signer is not None:
            return ReadyKey(row["key"], signer, [])
    pair = service.make()
    signer = service.opened(pair)
    if signer is None:
        raise RuntimeError("a key that was made just now does not open")
    made = {
        "key": key_name(party, person, len(held) + 1),
        "party": party,
        "person": person,
        **pair._asdict(),
        "made_at": at,
        "retired_at": None,
    }
    return ReadyKey(made["key"], signer, [*({**row, "retired_at": at} for row in in_force), made])


def key_name(party: str, person: str, number: int) -> str:
    """
    Return what a key is called, no two of them alike.

    Example:
        >>> key_name("S 1", "ann", 2)
        'S%201 ann 2'
    """
    quoted = (each.replace("%", "%25").replace(" ", "%20") for each in (party, person))
    return " ".join([*quoted, str(number)])


def record_keys(moving: Moving, ready: ReadyKey) -> None:
    """
    Record a key that was made, and those that it replaces, in an order of the book.

    Raises:
        BookMovedOn: Somebody made or retired one of them meanwhile.
    """
    for row in ready.rows:
        stands = moving.row(signing_keys, row["key"])
        retires = row["retired_at"] is not None
        if (stands is not None) != retires or (stands and stands["retired_at"] is not None):
            raise BookMovedOn(f"the keys of {row['person']} have changed meanwhile")
        operation = "signing_key.retired" if row["retired_at"] else "signing_key.made"
        told = {"party": row["party"], "person": row["person"], "public_key": row["public_key"]}
        rows = [(signing_keys, row)]
        moving.record(operation, f"signing_key:{row['key']}", rows=rows, detail=told)


def difference(records: Records, signatures: Sequence[Signature]) -> ContractDifference | None:
    """Return the first signature whose key its person did not have for the party at the time."""
    known = repository.keys_named(records, [each.key for each in signatures])
    for each in signatures:
        at, row = f"signatures.{each.role}", known.get(each.key)
        if row is None:
            return ContractDifference(f"{at}.key", "a key of these records", each.key)
        for field in ("party", "person", "public_key"):
            if row[field] != getattr(each, field):
                return ContractDifference(f"{at}.{field}", row[field], getattr(each, field))
        ended = row["retired_at"]
        if each.signed_at < row["made_at"] or (ended is not None and each.signed_at > ended):
            time = f"between {row['made_at']} and {ended or 'now'}"
            return ContractDifference(f"{at}.signed_at", time, each.signed_at)
    return None

"""
Exposures beside the trade graph in Neo4j, for who explores in Cypher.

(:Bank)-[:LENDS]->(:Party) and (:Party)-[:OWES]->(:Party), each with its id and amount; a party of
the current version is a :Firm. The event as of which they are stands at (:Exposures), which every
change of them locks first.
"""

from collections.abc import Sequence
from typing import Any

from graph.model import Exposure, FirmId
from graph.stores.neo4j.session import Database, Statement

# Nothing comes of the other statements where this one finds that they are kept already.
_AT = """
MERGE (e:Exposures {name: 'book'}) ON CREATE SET e.at = 0
SET e.seen = coalesce(e.seen, 0) + 1
WITH e WHERE e.at < $at
"""
_KEPT = """
MATCH (:Bank)-[t:LENDS]->(f:Party)
RETURN t.id AS id, f.id AS debtor, null AS creditor, t.amount_fen AS amount
UNION ALL
MATCH (d:Party)-[t:OWES]->(c:Party)
RETURN t.id AS id, d.id AS debtor, c.id AS creditor, t.amount_fen AS amount
"""


def kept_at(database: Database) -> int:
    """Return as of which event exposures are kept; 0 before the first."""
    found = database.read("MATCH (e:Exposures {name: 'book'}) RETURN e.at")
    return int(found[0][0]) if found else 0


def kept(database: Database) -> list[Exposure]:
    """Return what is kept, in the order of the ids."""
    return [
        Exposure(id_, FirmId(debtor), None if creditor is None else FirmId(creditor), amount)
        for id_, debtor, creditor, amount in sorted(
            database.read(_KEPT), key=lambda row: str(row[0])
        )
    ]


def keep(database: Database, given: Sequence[Exposure], *, at: int) -> None:
    """Replace exposures by their ids, unless what is kept is of this event or a later one."""
    latest = {each.id: each for each in given}
    told: dict[str, Any] = {
        "at": at,
        "ids": list(latest),
        "lends": [[e.id, e.debtor, e.amount_fen] for e in latest.values() if e.creditor is None],
        "owes": [
            [e.id, e.debtor, e.creditor, e.amount_fen]
            for e in latest.values()
            if e.creditor is not None
        ],
    }
    lends = (
        "MERGE (b:Bank {name: 'bank'}) MERGE (f:Party {id: r[1]})"
        " CREATE (b)-[:LENDS {id: r[0], amount_fen: r[2]}]->(f)"
    )
    owes = (
        "MERGE (d:Party {id: r[1]}) MERGE (c:Party {id: r[2]})"
        " CREATE (d)-[:OWES {id: r[0], amount_fen: r[3]}]->(c)"
    )
    statements: list[Statement] = [
        (f"{_AT} MATCH ()-[t:LENDS]->() WHERE t.id IN $ids DELETE t", told),
        (f"{_AT} MATCH ()-[t:OWES]->() WHERE t.id IN $ids DELETE t", told),
        (f"{_AT} UNWIND [r IN $lends WHERE r[2] <> 0] AS r {lends}", told),
        (f"{_AT} UNWIND [r IN $owes WHERE r[3] <> 0] AS r {owes}", told),
        (f"{_AT} SET e.at = $at", told),
    ]
    database.write(statements)

"""
Between stages: sweeping what never published, renewing the marks that people ask by.

Every statement goes by what stands in the database alone and commits in many small transactions,
so it can be cut off anywhere and done again. Only the holder of the lease may run them.
"""

from collections.abc import Iterator

from graph.stores.neo4j.session import Database, Statement
from graph.stores.neo4j.shapes import OPEN, TYPES, attributes_shown

BATCH = 10_000
_GRAPH = "MATCH (g:Graph {name: 'deeptier'})"
_IN_BATCHES = f"IN TRANSACTIONS OF {BATCH} ROWS"


def raise_fence(database: Database) -> int:
    """Return the number of a stage that opens; batches of earlier ones are refused from now on."""
    database.write([(f"{_GRAPH} SET g.stage = coalesce(g.stage, 0) + 1", {})])
    return int(database.read(f"{_GRAPH} RETURN g.stage")[0][0])


def fence(number: int) -> Statement:
    """Return the statement that gives a row, and locks the graph, if a stage is the last."""
    return f"{_GRAPH} WHERE g.stage = $stage SET g.dirty = true RETURN g.stage", {"stage": number}


def clean(database: Database) -> None:
    """Sweep what a stage left that never published, and renew the marks, if need be."""
    rows = database.read(f"{_GRAPH} RETURN g.version, g.dirty")
    for version, dirty in rows:
        if dirty:
            for statement in _sweeping():
                database.run(statement, version=version, open=OPEN)
            settle(database)


def settle(database: Database) -> None:
    """Renew the marks after a publish: open rows are the current ones, and no others."""
    for statement in _settling():
        database.run(statement, open=OPEN)
    database.write([(f"{_GRAPH} REMOVE g.dirty", {})])


def _sweeping() -> Iterator[str]:
    for kind in TYPES.values():
        here = f"MATCH ()-[t:{kind}]->()"
        yield f"{here} WHERE t.since > $version CALL (t) {{ DELETE t }} {_IN_BATCHES}"
        yield (
            f"{here} WHERE t.until > $version AND t.until <> $open"
            f" CALL (t) {{ SET t.until = $open }} {_IN_BATCHES}"
        )
    yield (
        f"MATCH (s:FirmState) WHERE s.since > $version CALL (s) {{ DETACH DELETE s }} {_IN_BATCHES}"
    )
    yield (
        "MATCH (s:FirmState) WHERE s.until > $version AND s.until <> $open"
        f" CALL (s) {{ SET s.until = $open }} {_IN_BATCHES}"
    )
    yield f"MATCH (p:Party) WHERE NOT (p)--() CALL (p) {{ DELETE p }} {_IN_BATCHES}"


def _settling() -> Iterator[str]:
    for kind in TYPES.values():
        here = f"MATCH ()-[t:{kind}]->()"
        yield (
            f"{here} WHERE t.until = $open AND t.current IS NULL"
            f" CALL (t) {{ SET t.current = true }} {_IN_BATCHES}"
        )
        yield (
            f"{here} WHERE t.until <> $open AND t.current IS NOT NULL"
            f" CALL (t) {{ REMOVE t.current }} {_IN_BATCHES}"
        )
    yield (
        "MATCH (p:Party)-[:STATE]->(s:FirmState) WHERE s.until = $open"
        " AND (p.since IS NULL OR p.since <> s.since)"
        f" CALL (p, s) {{ SET p:Firm SET p += {attributes_shown()} SET p.since = s.since }}"
        f" {_IN_BATCHES}"
    )
    yield (
        "MATCH (p:Firm) WHERE NOT EXISTS"
        " { MATCH (p)-[:STATE]->(s:FirmState) WHERE s.until = $open }"
        f" CALL (p) {{ REMOVE p:Firm SET p = {{id: p.id}} }} {_IN_BATCHES}"
    )

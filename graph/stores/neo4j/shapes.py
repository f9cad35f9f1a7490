"""
How the model stands in Neo4j.

(:Party {id}) is a firm of any version; relationships of all tables run between parties and bear
`since` and `until`. (:Party)-[:STATE]->(:FirmState) keeps what each version knew of the firm.
For people who ask in Cypher, a party of the current version is also a :Firm that bears the
attributes, and a relationship of the current version bears `current: true`; readers of the store
never lean on either, so nothing that they see moves while these marks are renewed.
"""

from collections.abc import Mapping, Sequence

from graph import model
from graph.model import Attribute, Table

OPEN = 2**62  # `until` of what no version has ended.
FORMAT = 1
TYPES: Mapping[str, str] = {
    "trades": "SUPPLIES",
    "receivables": "CLAIMS",
    "vouchers": "HOLDS_VOUCHER",
    "holdings": "OWNS",
    "guarantees": "GUARANTEES",
}
SCHEMA: Mapping[str, str] = {
    "deeptier_party": "CONSTRAINT deeptier_party IF NOT EXISTS"
    " FOR (p:Party) REQUIRE p.id IS UNIQUE",
    "deeptier_firm": "CONSTRAINT deeptier_firm IF NOT EXISTS FOR (f:Firm) REQUIRE f.id IS UNIQUE",
    "deeptier_state": "CONSTRAINT deeptier_state IF NOT EXISTS"
    " FOR (s:FirmState) REQUIRE (s.firm, s.since) IS UNIQUE",
    "deeptier_graph": "CONSTRAINT deeptier_graph IF NOT EXISTS"
    " FOR (g:Graph) REQUIRE g.name IS UNIQUE",
    "deeptier_lease": "CONSTRAINT deeptier_lease IF NOT EXISTS"
    " FOR (l:GraphLease) REQUIRE l.name IS UNIQUE",
    "deeptier_version": "CONSTRAINT deeptier_version IF NOT EXISTS"
    " FOR (v:GraphVersion) REQUIRE v.number IS UNIQUE",
    "deeptier_bank": "CONSTRAINT deeptier_bank IF NOT EXISTS FOR (b:Bank) REQUIRE b.name IS UNIQUE",
    "deeptier_exposures": "CONSTRAINT deeptier_exposures IF NOT EXISTS"
    " FOR (e:Exposures) REQUIRE e.name IS UNIQUE",
    "deeptier_lends": "INDEX deeptier_lends IF NOT EXISTS FOR ()-[t:LENDS]-() ON (t.id)",
    "deeptier_owes": "INDEX deeptier_owes IF NOT EXISTS FOR ()-[t:OWES]-() ON (t.id)",
    "deeptier_search": "TEXT INDEX deeptier_search IF NOT EXISTS FOR (s:FirmState) ON (s.searched)",
    **{
        f"deeptier_{table}": f"CONSTRAINT deeptier_{table} IF NOT EXISTS"
        f" FOR ()-[t:{kind}]-() REQUIRE (t.id, t.since) IS UNIQUE"
        for table, kind in TYPES.items()
        if table != "trades"  # A trade is known by its ends.
    },
}


def valid(name: str) -> str:
    """Return the condition that a node or relationship is part of version `$version`."""
    return f"{name}.since <= $version AND {name}.until > $version"


def value(attribute: Attribute, name: str) -> str:
    """Return the expression of a property; days as text, which the driver reads far faster."""
    plain = f"{name}.{attribute.name}"
    return f"toString({plain})" if attribute.type == "date" else plain


def values(attributes: Sequence[Attribute], name: str) -> str:
    """Return the expressions of properties, in order."""
    return ", ".join(value(attribute, name) for attribute in attributes)


def properties(table: Table) -> tuple[Attribute, ...]:
    """Return the attributes that a relationship bears itself, its ends left out."""
    return tuple(a for a in table.attributes if a.name not in table.ends)


def edge_values(table: Table) -> str:
    """Return the expressions of a relationship's columns in the model's order."""
    names = dict(zip(table.ends, ("a.id", "b.id"), strict=True))
    return ", ".join(names.get(a.name) or value(a, "t") for a in table.attributes)


def found_by(table: Table) -> str:
    """Return the pattern that finds the relationships `t` whose key is the list `k`."""
    kind = TYPES[table.name]
    if table.name == "trades":
        return (
            f"MATCH (a:Party {{id: k[0]}}) MATCH (b:Party {{id: k[1]}}) MATCH (a)-[t:{kind}]->(b)"
        )
    return f"MATCH ()-[t:{kind}]->() WHERE t.id = k[0] WITH t"


def made(table: Table) -> str:
    """Return the statement that makes relationships from rows: the two ends, then properties."""
    given = ", ".join(f"{a.name}: r[{i}]" for i, a in enumerate(properties(table), start=2))
    return (
        "UNWIND $rows AS r MATCH (a:Party {id: r[0]}) MATCH (b:Party {id: r[1]})"
        f" CREATE (a)-[:{TYPES[table.name]} {{{given}, since: $version, until: $open,"
        " current: $current}]->(b)"
    )


def state_made() -> str:
    """Return the statement that makes states of firms from rows: columns, then search text."""
    columns = model.table("firms").columns
    given = ", ".join(f"{name}: r[{i}]" for i, name in enumerate(columns))
    return (
        "UNWIND $rows AS r MATCH (p:Party {id: r[0]})"
        f" CREATE (p)-[:STATE]->(:FirmState {{{given}, searched: r[{len(columns)}],"
        " since: $version, until: $open})"
    )


def attributes_shown() -> str:
    """Return the map of what a :Firm bears, from its state."""
    shown = [a.name for a in model.table("firms").attributes if a.name != "firm"]
    return "{" + ", ".join(f"{name}: s.{name}" for name in shown) + "}"

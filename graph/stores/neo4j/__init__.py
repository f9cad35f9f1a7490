"""The Neo4j store, by the official driver; imported only where its address is given."""

from graph.stores.neo4j.store import Neo4jStore

__all__ = ["Neo4jStore"]

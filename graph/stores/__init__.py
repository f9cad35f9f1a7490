"""Where versions of the graph live: one interface, two adapters (SQL and Neo4j)."""

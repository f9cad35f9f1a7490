"""Where versions of the graph live: one interface, two adapters (SQL and Neo4j)."""

from graph.errors import InvalidInput
from graph.stores.base import Reader, Store, Writer, pages
from graph.stores.sql import SqlStore


def open_store(url: str) -> Store:
    """
    Return the store at an address; an empty database gets the schema it needs.

    Args:
        url: `sqlite:///PATH`, `postgresql+psycopg://user:password@host/database` or
            `neo4j://user:password@host:port/database`.

    Raises:
        InvalidInput: The address names no kind of store that there is.
        StoreUnavailable: The file or the server cannot be reached.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     with open_store(f"sqlite:///{folder}/graph.db") as store:
        ...         store.versions()
        []
    """
    if "://" not in url:
        raise InvalidInput("the address of a store begins with sqlite:, postgresql: or neo4j:")
    if url.startswith(("neo4j", "bolt")):
        from graph.stores.neo4j import Neo4jStore  # noqa: PLC0415  # The driver costs 0.2 s.

        return Neo4jStore(url)
    return SqlStore(url)


__all__ = ["Reader", "Store", "Writer", "open_store", "pages"]

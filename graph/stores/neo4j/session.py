"""One driver, one database, our own errors: how statements reach Neo4j."""

import contextlib
import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import unquote, urlsplit

import neo4j
from neo4j import exceptions

from graph.errors import InvalidInput, StageRefused, StoreError, StoreUnavailable

SCHEMES = {"neo4j", "neo4j+s", "neo4j+ssc", "bolt", "bolt+s", "bolt+ssc"}
CONNECT_SECONDS = 5.0
RETRY_SECONDS = 5.0
LEASE_SECONDS = 4.0  # A busy server takes one or two to answer though nobody holds the lease.
Rows = list[list[Any]]
Statement = tuple[str, dict[str, Any]]
_GONE = (
    exceptions.ServiceUnavailable,
    exceptions.SessionExpired,
    exceptions.TransientError,
    exceptions.DatabaseUnavailable,
    exceptions.ReadServiceUnavailable,
    exceptions.WriteServiceUnavailable,
    exceptions.IncompleteCommit,
)


@contextlib.contextmanager
def errors() -> Iterator[None]:
    """Turn the driver's errors into ours."""
    try:
        yield
    except _GONE as error:
        raise StoreUnavailable(str(error)) from error
    except (exceptions.Neo4jError, exceptions.DriverError) as error:
        raise StoreError(str(error)) from error


class WriterLease:
    """The writer's lock: a node held by an open transaction, which dies with its connection."""

    def __init__(self, session: neo4j.Session, transaction: neo4j.Transaction) -> None:
        self._session = session
        self._transaction = transaction

    def run(self, statement: str, **parameters: Any) -> None:
        """Run a statement that counts only if the lease is still held when it commits."""
        with errors():
            self._transaction.run(statement, parameters).consume()

    def alive(self) -> bool:
        """Return whether the lock is still held."""
        try:
            self.run("RETURN 1")
        except StoreError:
            return False
        return True

    def commit(self) -> None:
        """Make what was run count, and give the lock back."""
        with errors():
            self._transaction.commit()
        self.release()

    def release(self) -> None:
        """Give the lock back; a server that is gone has let go of it already."""
        with contextlib.suppress(StoreError), errors():
            self._transaction.close()
            self._session.close()


class Database:
    """
    One database of one server.

    Args:
        url: `neo4j://user:password@host:port/database`, or with another scheme of the driver.
        retry_seconds: How long a transaction is tried again while the server is gone.

    Raises:
        StoreUnavailable: The server does not answer.
    """

    def __init__(self, url: str, *, retry_seconds: float = RETRY_SECONDS) -> None:
        parts = urlsplit(url)
        if parts.scheme not in SCHEMES or not parts.hostname:
            raise InvalidInput("a Neo4j store is neo4j://user:password@host:port/database")
        self._name = parts.path.strip("/") or "neo4j"
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        with errors():
            self._driver = neo4j.GraphDatabase.driver(
                f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}",
                auth=(user, password) if user else None,
                connection_timeout=CONNECT_SECONDS,
                max_transaction_retry_time=retry_seconds,
                notifications_min_severity="OFF",
            )
        try:
            with errors():
                self._driver.verify_connectivity()
        except StoreError:
            self._driver.close()
            raise

    def read(self, statement: str, **parameters: Any) -> Rows:
        """Return the rows of a statement that only reads; tried again where a server fails."""

        def work(transaction: neo4j.ManagedTransaction) -> Rows:
            """Return all rows before the transaction ends."""
            return transaction.run(statement, parameters).values()

        with errors(), self._session() as session:
            return session.execute_read(work)

    def write(self, statements: Sequence[Statement], *, fence: Statement | None = None) -> None:
        """
        Run statements as one transaction; tried again where it was rolled back.

        Args:
            statements: What to run.
            fence: A statement that must give a row, or nothing is done.

        Raises:
            StageRefused: The fence gave nothing.
        """

        def work(transaction: neo4j.ManagedTransaction) -> None:
            """Run the statements, if the fence stands."""
            if fence is not None and transaction.run(*fence).single() is None:
                raise StageRefused("the stage has lost its lease to another one")
            for statement in statements:
                transaction.run(*statement).consume()

        with errors(), self._session() as session:
            session.execute_write(work)

    def run(self, statement: str, **parameters: Any) -> None:
        """Run a statement that commits by itself: schema, and work in many transactions."""
        with errors(), self._session() as session:
            session.run(statement, parameters).consume()

    def lease(self, statement: str, **parameters: Any) -> WriterLease | None:
        """
        Return the lease whose lock the statement takes; None where another one is held.

        A first, short transaction finds out whether the lock is free, because a transaction's
        time limit ends the whole of it and the lease itself must have none.
        """
        with errors():
            if not self._free(statement, parameters):
                return None
            session = self._session()
            transaction = session.begin_transaction()
        lease = WriterLease(session, transaction)
        try:
            lease.run(statement, **parameters)
        except StoreError:
            lease.release()
            raise
        return lease

    def _free(self, statement: str, parameters: Mapping[str, Any]) -> bool:
        with self._session() as session:
            try:
                with session.begin_transaction(timeout=LEASE_SECONDS) as probe:
                    probe.run(statement, dict(parameters)).consume()
            except exceptions.Neo4jError as error:
                code = error.code or ""
                if any(sign in code for sign in ("TimedOut", "Terminated", "Lock")):
                    return False
                raise
        return True

    def close(self) -> None:
        """Give back the connections."""
        with errors():
            self._driver.close()

    def _session(self) -> neo4j.Session:
        return self._driver.session(database=self._name)


def day(given: str | None) -> dt.date | None:
    """Return the day that a server's text names."""
    return None if given is None else dt.date.fromisoformat(given)

"""What somebody asks of the book: an order, the key under which its answer is kept, the answer."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import sqlalchemy as sa

from app.platform.text import compact

if TYPE_CHECKING:
    from app.books.ledger.moving import Moving

MACHINE = "machine"  # Who acts where no person does.


class Key(NamedTuple):
    """Under which the first answer is kept: whose, their key, and what was asked."""

    person: str  # A person in a role for a firm or core.
    key: str
    digest: str  # Of route and body.


def digest_of(*asked: Any) -> str:
    """Return the digest of what is asked: route and body."""
    text = json.dumps(asked, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


class Reads(NamedTuple):
    """What an order will read: told before, it is read with that of the others in one go."""

    accounts: Iterable[str] = ()
    rows: Mapping[sa.Table, Iterable[str]] = MappingProxyType({})


class Reply(NamedTuple):
    """What an order is answered: the status and body of the route, as JSON text."""

    status: int
    text: str
    replayed: bool = False

    @classmethod
    def of(cls, status: int, document: Any) -> "Reply":
        """Return the answer with this document."""
        return cls(status, compact(document))

    @property
    def document(self) -> Any:
        """Return the document of the body."""
        return json.loads(self.text)


class Order(Protocol):
    """
    What somebody asks.

    It is decided under the lock of the book, in order of arrival, maybe several times (a lost
    connection): it must be quick and touch nothing but the `Moving` it is given. What it needs of
    files or other tables is read before (`preparing`). What it raises leaves nothing behind: a
    `BookRefusal` is kept under the key, any other refusal is not.
    """

    @property
    def key(self) -> Key | None:
        """Return the key of the answer; None for what the machine does."""
        ...

    @property
    def actor(self) -> str:
        """Return the person who asks, or `MACHINE`."""
        ...

    @property
    def needs(self) -> Reads:
        """Return what it will read."""
        ...

    def decide(self, moving: "Moving") -> Reply:
        """Return the answer; what is recorded until then happens, all or nothing."""
        ...

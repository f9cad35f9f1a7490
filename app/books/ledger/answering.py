"""
Routes that move the book: who asks, under which key, and the answer to an order as a response.

A route takes `mover: MoverDep` and returns `mover.ask(sent, act, ...)`: it counts once.
"""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Concatenate, ParamSpec

from fastapi import Depends, Request, Response

from app.books.errors import BookRefusal
from app.books.ledger.orders import Key, Reply, digest_of
from app.books.ledger.withholding import withheld
from app.platform.auth.principals import Principal
from app.platform.auth.rules import PrincipalDep
from app.platform.deps import Resources
from app.platform.deps.routes import ResourcesDep
from app.platform.http.keys import REPLAYED, KeyHeader, checked

Further = ParamSpec("Further")


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks the book, and their key."""

    who: Principal
    key: Key

    @property
    def actor(self) -> str:
        """Return the person."""
        return self.who.person

    @property
    def core(self) -> str | None:
        """Return the core or firm that they act for; None for the bank's, who act for any."""
        return None if self.who.is_bank else self.who.firm


@contextlib.contextmanager
def keyed(request: Request, who: Principal, given: str | None, body: Any) -> Iterator[Key]:
    """
    Yield the key of a request that counts once, held while it is worked on.

    Args:
        request: The request; its path is part of what was asked.
        who: Who asks: keys belong to a person in a role for a firm or core.
        given: The header.
        body: What was sent, as JSON knows it.

    Raises:
        KeyRequired: There is no key, or it is none.
        InProgress: The request with this key is still being worked on.
        BookRefusal: What is done raises it; of accounts of others, cores and firms learn the layer.
    """
    key = checked(given)
    person = owner_of_keys(who)
    with request.app.state.keyed.running(person, key):
        asked = digest_of(request.method, request.scope["path"], body)
        try:
            yield Key(person, key, asked)
        except BookRefusal as refused:
            raise withheld(refused, request.app.state.resources, who) from refused


def owner_of_keys(who: Principal) -> str:
    """
    Return whose keys somebody's are: the person's in a role for a firm, no two of them alike.

    Example:
        >>> owner_of_keys(Principal("ann", "officer"))
        'officer  ann'
        >>> owner_of_keys(Principal("b c", "supplier", "A"))
        'supplier A b%20c'
    """
    parts = (who.role, who.firm or "", who.name)
    return " ".join(each.replace("%", "%25").replace(" ", "%20") for each in parts)


def answered(answer: Reply) -> Response:
    """Return the answer to an order as a response that nobody keeps."""
    headers = {"Cache-Control": "no-store"}
    if answer.replayed:
        headers[REPLAYED] = "true"
    return Response(answer.text, answer.status, headers, media_type="application/json")


@dataclass(frozen=True, slots=True)
class Mover:
    """A request that moves the book."""

    request: Request
    resources: Resources
    who: Principal
    given: str | None  # The header `Idempotency-Key`.

    def ask(
        self,
        sent: Any,
        act: Callable[Concatenate[Resources, Asker, Further], Reply],
        *args: Further.args,
        **named: Further.kwargs,
    ) -> Response:
        """
        Return the answer to an act, which counts once under the key of the request.

        Args:
            sent: What was sent, as JSON knows it: under the same key it must be the same.
            act: What is done, given the resources, who asks, and what stands behind it here.
            args: For the act.
            named: For the act.

        Raises:
            KeyRequired: There is no key, or it is none.
            InProgress: The request with this key is still being worked on.
        """
        with keyed(self.request, self.who, self.given, sent) as key:
            return answered(act(self.resources, Asker(self.who, key), *args, **named))


async def _mover(
    request: Request, resources: ResourcesDep, who: PrincipalDep, key: KeyHeader = None
) -> Mover:
    return Mover(request, resources, who, key)


MoverDep = Annotated[Mover, Depends(_mover)]

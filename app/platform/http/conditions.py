"""Conditions of a change: it holds only for what its sender has read (RFC 9110, 13)."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header

from app.platform.errors import Outdated, Unconditional

ANY = "*"


@dataclass(frozen=True, slots=True)
class Expected:
    """What somebody who changes a thing takes it to be."""

    tags: frozenset[str] | None = None  # One of these is its tag; `*`: whatever it is.
    absent: bool = False  # There is none yet.

    def check(self, tag: str | None, what: str) -> None:
        """
        Return nothing where it is what was expected.

        Args:
            tag: Of what is there; None where nothing is.
            what: How it is called.

        Raises:
            Outdated: It is something else.
            Unconditional: Something is there, and nobody said what.

        Example:
            >>> Expected(frozenset({'"a"'})).check('"a"', "source tax")
            >>> Expected().check(None, "source tax")
        """
        if self.absent and tag is not None:
            raise Outdated(f"there is a {what} already")
        if self.tags is not None and (tag is None or not self.tags & {tag, ANY}):
            raise Outdated(f"{what} is no longer as it was read; read it again")
        if self.tags is None and tag is not None:
            raise Unconditional(f"there is a {what}: send its tag in If-Match to replace it")


async def _expected(
    if_match: Annotated[str | None, Header(description="The tag of what is replaced")] = None,
    if_none_match: Annotated[str | None, Header(description="`*`: nothing is replaced")] = None,
) -> Expected:
    tags = if_match and frozenset(each.strip() for each in if_match.split(","))
    return Expected(None if if_match is None else tags or frozenset(), if_none_match == ANY)


ExpectedDep = Annotated[Expected, Depends(_expected)]

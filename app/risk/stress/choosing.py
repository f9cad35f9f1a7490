"""What is chosen on the form of a stress test, as its fields and its address say it."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol
from urllib.parse import urlencode

from app.platform.documents import Document
from app.risk.stress.schemas import CHANNELS, HitForm, chosen, closure
from graph.scenarios import Scenario, parse

FORM = "form"
FIRM = "firm"
KINDS = (FIRM, "sector", "region", "chain")
SELECTORS = {"firms": FIRM, "sectors": "sector", "regions": "region", "cores": "chain"}
LISTS = {kind: name for name, kind in SELECTORS.items()}
SHARES = {"production": "down", "orders": "up", "payments": "unpaid"}
TIERS_MAX = HitForm.model_fields["tiers_max"].default
WHOLE = "100"
HITS_MAX = 20
TEXT_LENGTH_MAX = 80
PLACES_MAX = 2


class Fields(Protocol):
    """The fields of an address or of a form."""

    def getlist(self, key: Any, /) -> Sequence[Any]:
        """Return every value of a field."""
        ...


@dataclass(frozen=True, slots=True)
class ChosenHit:
    """Firms that are hit, by kind and value, and the share that they lose, in per cent as typed."""

    kind: str
    value: str
    share: str = WHOLE

    @property
    def fraction(self) -> Decimal | None:
        """
        Return the share of one; None where what was typed is not above 0 and at most 100.

        Example:
            >>> ChosenHit("firm", "F1", "12.5").fraction, ChosenHit("firm", "F1", "all").fraction
            (Decimal('0.125'), None)
        """
        try:
            share = Decimal(self.share)
        except InvalidOperation:
            return None
        if not share.is_finite() or not 0 < share <= int(WHOLE):
            return None
        return share / 100 if share == round(share, PLACES_MAX) else None

    def form(self, channels: Sequence[str]) -> Document:
        """Return the hit in the language of scenarios."""
        reach = {"reach": "chain"} if self.kind == "chain" else {}
        share = float(self.fraction or 0)
        return {LISTS[self.kind]: [self.value], **reach, "share": share, "channels": [*channels]}


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody has chosen so far: who is hit, channels, a name, and what was searched for."""

    hits: Sequence[ChosenHit]
    channels: Sequence[str]
    name: str = ""
    query: str = ""

    @property
    def address(self) -> str:
        """
        Return the address of the form with this choice; no channel at all is a choice too.

        Example:
            >>> Choice([ChosenHit("firm", "F1"), ChosenHit("firm", "F2")], ["orders"]).address
            '/stress?firm=F1&firm=F2&channel=orders'
        """
        said: list[tuple[str, str]] = []
        for kind in KINDS:
            own = [hit for hit in self.hits if hit.kind == kind]
            said += [(kind, hit.value) for hit in own]
            if any(hit.share != WHOLE for hit in own):
                said += [(f"{kind}_share", hit.share) for hit in own]
        said += [("channel", channel) for channel in self.channels or [""]]
        said += [(key, text) for key, text in (("name", self.name), ("query", self.query)) if text]
        return f"/stress?{urlencode(said)}"

    @property
    def refused(self) -> str:
        """Return why this is no scenario yet; empty where it is one."""
        if not 1 <= len(self.hits) <= HITS_MAX or not self.channels:
            return "stress_incomplete"
        return "" if all(hit.fraction for hit in self.hits) else "stress_share"

    def scenario(self, title: str) -> Scenario:
        """
        Return the scenario; firms that only close and have no name of their own are the short form.

        Raises:
            InvalidInput: It makes no sense; every wrong field is named.
        """
        if not self.name and all(hit.kind == FIRM and hit.fraction == 1 for hit in self.hits):
            return closure([hit.value for hit in self.hits], self.channels)
        hits = [hit.form(self.channels) for hit in self.hits]
        return chosen(parse({"name": self.name or title, "hits": hits}), None)


def choice_of(fields: Fields, *, added: bool = True) -> Choice:
    """
    Return the choice that fields hold, with what a button of the form adds or drops.

    Args:
        fields: Of the address or of a form.
        added: Whether channels are those of a first visit where the fields name none.
    """
    found: dict[tuple[str, str], ChosenHit] = {}
    for kind in KINDS:
        ending = "" if kind == FIRM else f"_{kind}"
        dropped, shares = fields.getlist(f"drop{ending}"), fields.getlist(f"{kind}_share")
        for at, value in enumerate((*fields.getlist(kind), *fields.getlist(f"add{ending}"))):
            typed = at < min(len(shares), len(fields.getlist(kind)))
            if value and value not in dropped:
                share = _text(shares[at]) if typed else WHOLE
                found.setdefault((kind, value), ChosenHit(kind, value, share))
    ticked, said = fields.getlist("channel"), fields.getlist(FORM)
    first = added and not ticked and not said
    channels = CHANNELS if first else [one for one in CHANNELS if one in ticked]
    name, query = (_text(*fields.getlist(key)[-1:]) for key in ("name", "query"))
    return Choice([*found.values()], channels, name, query)


def _text(given: object = "") -> str:
    return str(given).strip()[:TEXT_LENGTH_MAX]


def choice_from(document: Document) -> Choice | None:
    """Return the choice that a scenario came from; None where the form cannot say it."""
    channels = document["channels"]
    if "hits" not in document:
        return Choice([ChosenHit(FIRM, firm["id"]) for firm in document["closed"]], channels)
    hits: list[ChosenHit] = []
    for entry in document["hits"]:
        named = [name for name in SELECTORS if name in entry]
        shares = {entry.get(SHARES[channel]) for channel in channels}
        reach = "chain" if named == ["cores"] else "core"
        usual = entry.get("tiers_max", TIERS_MAX) == TIERS_MAX and "tiers_min" not in entry
        if len(named) != 1 or len(shares) != 1 or entry.get("reach", "core") != reach or not usual:
            return None
        share = f"{Decimal(str(shares.pop() or 0)) * 100:f}"
        share = share.rstrip("0").rstrip(".") if "." in share else share
        hits += [ChosenHit(SELECTORS[named[0]], value, share) for value in entry[named[0]]]
    return Choice(hits, channels, document.get("name", "")) if len(hits) <= HITS_MAX else None

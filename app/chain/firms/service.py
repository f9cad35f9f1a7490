"""Documents of firms and their trades."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from app.platform.auth.sight import Sight
from app.platform.deps import Resources
from app.platform.documents import Document
from app.platform.http.paging import page_of
from graph.errors import NotFound
from graph.model import Firm, FirmId, Trade, table
from graph.stores import Reader

SEARCH_SIZE = 50
INVOICE = (
    *("number", "issued_on", "seller", "buyer", "kind", "goods"),
    *("amount_fen", "tax_fen", "total_fen"),
)
EVIDENCE = ("source", "file", "line")
LISTED = ("sector", "region", "size", "rating", "core", "listed")
TRADES_READ = 5000  # At a time: a firm may have any number.


@dataclass(frozen=True, slots=True)
class Partner:
    """Somebody that a firm trades with, over the last year."""

    id: str
    name: str
    amount_fen: int
    count: int
    last_on: str


def listed(firm: Firm) -> Document:
    """Return a firm as it stands in lists."""
    known = {name: firm.attributes.get(name) for name in LISTED}
    return {"id": firm.id, "name": firm.name, **known}


def firm_document(reader: Reader, firm: str, sight: Sight) -> Document:
    """
    Return what the version knows of a firm; null is unknown or not shown, never zero.

    Raises:
        NotFound: The version has no such firm.
    """
    found = reader.firm(FirmId(firm))
    names = [name for name in table("firms").columns if name not in ("firm", "name")]
    known = sight.attributes({n: found.attributes.get(n) for n in names})
    return {"id": found.id, "name": found.name} | known


def search(reader: Reader, text: str) -> list[Document]:
    """Return the firms whose id, name, alias or code contains the text, the closest first."""
    return [listed(firm) for firm in reader.search(text, size=SEARCH_SIZE)]


def page(reader: Reader, *, after: str | None, size: int) -> tuple[list[Document], str | None]:
    """Return firms in id order, and the id after which the next page begins; None at the end."""
    found = reader.firms(after=FirmId(after) if after is not None else None, size=size + 1)
    items, last = page_of(found, size)
    return [listed(firm) for firm in items], None if last is None else last.id


def trades(
    reader: Reader, firm: str, *, after: tuple[str, str] | None, size: int
) -> tuple[list[dict[str, Any]], tuple[str, str] | None]:
    """
    Return what a firm sells and buys by pair, and the pair after which the next page begins.

    Raises:
        NotFound: The version has no such firm.
    """
    reader.firm(FirmId(firm))
    key = (FirmId(after[0]), FirmId(after[1])) if after else None
    found = reader.trades_of(FirmId(firm), after=key, size=size + 1)
    items, last = page_of(found, size)
    return [_trade(each) for each in items], (last.supplier, last.buyer) if last else None


def invoices(
    resources: Resources, version: int, *, ends: tuple[str, str], sight: Sight
) -> list[Document]:
    """
    Return the invoices between two firms up to the version's day, either way, oldest first.

    Which file of whom told an invoice is the bank's to know: null to the firm itself.

    Raises:
        NotFound: There is no such firm, or no invoice between the two. Somebody else's partner
            and one that there is not are told alike.
    """
    resources.store.reader(version).firm(FirmId(ends[0]))
    found = resources.lake.invoices_of(version, *ends)
    if found.is_empty():
        raise NotFound(f"no invoices between {ends[0]!r} and {ends[1]!r} in version {version}")
    if not sight.is_whole:
        found = found.with_columns(pl.lit(None).alias(name) for name in EVIDENCE)
    issued_on = pl.col("issued_on").dt.to_string("iso")
    return found.select(*INVOICE, *EVIDENCE).with_columns(issued_on).to_dicts()


def _trade(trade: Trade) -> dict[str, Any]:
    return {
        "supplier": trade.supplier,
        "buyer": trade.buyer,
        "amount_fen": trade.amount_fen,
        "count": trade.count,
        "first_on": trade.first_on.isoformat(),
        "last_on": trade.last_on.isoformat(),
    }


def partners(
    reader: Reader, firm: str, name: Callable[[str], str]
) -> tuple[Sequence[Partner], Sequence[Partner]]:
    """
    Return the buyers and the suppliers of a firm, largest first.

    Args:
        reader: The version.
        firm: Whose partners.
        name: Gives the name of a firm.
    """
    found = _every_trade(reader, FirmId(firm))
    others = [trade for trade in found if trade.count and trade.supplier != trade.buyer]
    buyers = [_partner(trade, trade.buyer, name) for trade in others if trade.supplier == firm]
    suppliers = [_partner(trade, trade.supplier, name) for trade in others if trade.buyer == firm]
    return _largest_first(buyers), _largest_first(suppliers)


def _every_trade(reader: Reader, firm: FirmId) -> Iterator[Trade]:
    after: tuple[FirmId, FirmId] | None = None
    while found := reader.trades_of(firm, after=after, size=TRADES_READ):
        yield from found
        after = (found[-1].supplier, found[-1].buyer)


def _partner(trade: Trade, partner: str, name: Callable[[str], str]) -> Partner:
    return Partner(
        id=partner,
        name=name(partner),
        amount_fen=trade.amount_fen,
        count=trade.count,
        last_on=trade.last_on.isoformat(),
    )


def _largest_first(found: Sequence[Partner]) -> Sequence[Partner]:
    return sorted(found, key=lambda partner: (-partner.amount_fen, partner.id))

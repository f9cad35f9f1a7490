"""Vouchers as readers may see them, and what issuers and holders ask of the book."""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from app.books.business_day import business_day
from app.books.ledger import Moving, Plain, Reads, Reply, ask_prepared, check_day, ledger_of
from app.books.ledger.answering import Asker
from app.chain.receivables.acts import Debt, account_of
from app.chain.receivables.files import of_version
from app.chain.receivables.lender import NO_LENDER, Lender, lender_of
from app.chain.receivables.repository import WantedReceivables
from app.chain.receivables.service import listed, terms_now, terms_on
from app.chain.receivables.tables import receivables
from app.chain.vouchers import acts, endings, nodes, repository
from app.chain.vouchers.acts import Passing, VoucherDraft
from app.chain.vouchers.branches import written_tree
from app.chain.vouchers.nodes import TREE_MAX, Acting
from app.chain.vouchers.repository import WantedVouchers
from app.chain.vouchers.shown import VoucherSight, document
from app.chain.vouchers.tables import vouchers
from app.data.versions.service import policy_of
from app.platform.auth.sight import Sight
from app.platform.deps import Resources
from app.platform.documents import Document
from app.platform.errors import Malformed, TooLarge
from graph.errors import NotFound
from graph.model import FirmId
from graph.stores.base import Reader

CREATED, DONE = 201, 200
LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # None that is read as another.
LETTERS_OF_NUMBER = 12
BYTES_OF_NUMBER = 16  # So many that no letter is likelier than another.
CORE_LENGTH_MAX = 24
Row = dict[str, Any]
Work = Callable[[Acting, Debt], Document]


def number_for(resources: Resources, issuer: str, day: dt.date) -> str:
    """
    Return a number for a new voucher: year, issuer where it is plain, and what nobody guesses.

    `V2026-CORE1-` and twelve letters, say.
    """
    drawn = int(resources.new_name(BYTES_OF_NUMBER), 16)
    made = "".join(
        LETTERS[drawn // len(LETTERS) ** n % len(LETTERS)] for n in range(LETTERS_OF_NUMBER)
    )
    plain = issuer.isascii() and issuer.isalnum() and len(issuer) <= CORE_LENGTH_MAX
    return "-".join([f"V{day.year}", *([issuer] if plain else []), made])


def sees(resources: Resources, sight: Sight) -> VoucherSight:
    """Return what a reader learns of the holders of vouchers."""
    version = resources.version()
    policy = policy_of(resources, version.as_of)
    return VoucherSight(sight, policy.whole("core_names_tiers"))


def page(
    resources: Resources,
    wanted: WantedVouchers,
    *,
    after: str | None = None,
    size: int | None = None,
) -> list[Row]:
    """Return nodes in order of ids (see `repository.page`)."""
    with resources.records.reading() as connection:
        return repository.page(connection, wanted, after=after, size=size)


def find(
    resources: Resources, voucher: str, sight: VoucherSight, *, size: int | None = None
) -> tuple[Row, list[Row], int]:
    """
    Return a node, the nodes below it, those nearer to it first, and how many there are.

    Args:
        resources: What the process has open.
        voucher: The node.
        sight: Who reads.
        size: At most so many nodes below; all without one.

    Raises:
        Absent: There is none of this id, or the reader neither issued nor held it, nor what it
            is a part of.
    """
    with resources.records.reading() as connection:
        row = repository.one(connection, voucher)
        if row is None or not sight.reaches(row, repository.above(connection, row)):
            raise nodes.absent(voucher)
        found, count = repository.below(connection, voucher, size=size)
    return row, found, count


def tree(resources: Resources, voucher: str, sight: VoucherSight) -> Iterator[bytes]:
    """Return a node with all below it as JSON, in parts (see `branches.written_tree`)."""
    return written_tree(resources.records, voucher, sight)


def issue(resources: Resources, asker: Asker, draft: VoucherDraft) -> Reply:
    """Return a voucher that is issued (see `acts.issue`)."""
    if draft.amount_fen is None and not draft.receivables:
        raise Malformed("give amount_fen, or the receivables whose sum it is")
    if len(set(draft.receivables)) != len(draft.receivables):
        raise Malformed("a receivable is given twice")

    def work(acting: Acting, debt: Debt) -> Document:
        """Return the voucher and what is told of it."""
        row = acts.issue(acting, draft, debt)
        told = acts.warnings(acting.rules, acting.moving.day, draft.due_on)
        return {**_own(row, asker), "warnings": told}

    return _asked(resources, asker, draft.number, work, draft.receivables, status=CREATED)


def related_as_issuer(resources: Resources, issuer: str, holder: str) -> bool:
    """Return whether a core has a trade with a firm, either way, or owes it something."""
    reader = resources.store.reader(resources.version().number)
    if has_trade(reader, issuer, holder) or has_trade(reader, holder, issuer):
        return True
    wanted = WantedReceivables(debtor=issuer, creditor=holder)
    return bool(listed(resources, reader.version, wanted, size=1))


def related_as_creditor(resources: Resources, holder: str, creditor: str) -> bool:
    """Return whether a firm sells to a holder, or has an open claim on it."""
    reader = resources.store.reader(resources.version().number)
    if has_trade(reader, creditor, holder):
        return True
    return any(
        listed(resources, reader.version, WantedReceivables(holder, creditor, state), size=1)
        for state in ("open", "confirmed")
    )


def is_stopped(resources: Resources, issuer: str) -> bool:
    """Return whether a core may issue nothing on the business day (see `acts.is_stopped`)."""
    day = business_day(resources)
    rules = terms_on(resources, day).rules
    with resources.records.reading() as connection:
        return acts.is_stopped(rules, connection, issuer, day)


def has_trade(reader: Reader, supplier: str, buyer: str) -> bool:
    """Return whether a version has a trade of these two, this way round."""
    try:
        found = reader.trades_of(FirmId(buyer), after=(FirmId(supplier), FirmId("")), size=1)
    except NotFound:
        return False
    return any(trade.supplier == supplier and trade.buyer == buyer for trade in found)


def accept(resources: Resources, asker: Asker, voucher: str) -> Reply:
    """Return a voucher that is accepted (see `acts.accept`)."""
    return _asked(
        resources, asker, voucher, lambda acting, _: _own(acts.accept(acting, voucher), asker)
    )


def reject(resources: Resources, asker: Asker, voucher: str) -> Reply:
    """Return a voucher that is rejected (see `acts.reject`)."""
    return _asked(
        resources,
        asker,
        voucher,
        lambda acting, debt: _own(acts.reject(acting, voucher, debt), asker),
    )


def cancel(resources: Resources, asker: Asker, voucher: str) -> Reply:
    """Return a voucher that is cancelled (see `acts.cancel`)."""
    return _asked(
        resources,
        asker,
        voucher,
        lambda acting, debt: _own(acts.cancel(acting, voucher, debt), asker),
    )


def dispute(resources: Resources, asker: Asker, voucher: str, reason: str) -> Reply:
    """Return a voucher that is disputed (see `acts.dispute`)."""
    return _asked(
        resources,
        asker,
        voucher,
        lambda acting, _: _own(acts.dispute(acting, voucher, reason), asker),
    )


def settle(resources: Resources, asker: Asker, voucher: str) -> Reply:
    """Return a voucher that is settled (see `endings.settle`)."""

    def decided(acting: Acting, debt: Debt) -> Reply:
        """Return the voucher, settled."""
        endings.take_over(debt, voucher)
        return Reply.of(DONE, _own(endings.settle(acting, voucher, debt), asker))

    needs = _needs(asker, voucher)
    return ask_acting(resources, asker, needs, decided, lender=lender_of(resources))


def split(resources: Resources, asker: Asker, voucher: str, parts: Sequence[int]) -> Reply:
    """
    Return a voucher that is split (see `acts.split`), with its parts.

    Raises:
        TooLarge: Its tree has as many nodes as a tree may have.
    """
    _check_size(resources, voucher, len(parts))

    def work(acting: Acting, _: Debt) -> Document:
        """Return the voucher with its children."""
        row = nodes.held_by(acting, voucher)
        numbers = [number_for(resources, row["issuer"], acting.moving.day) for _ in parts]
        before = nodes.children_of(acting.moving, row) if row["parts_fen"] else []
        found = acts.split(acting, voucher, parts, numbers)
        return _with_children(found[0], [*before, *found[1:]], asker)

    return _asked(resources, asker, voucher, work)


def pass_on(
    resources: Resources, asker: Asker, voucher: str, *, holder: str, amount_fen: int | None
) -> Reply:
    """
    Return a voucher that is passed on (see `acts.pass_on`), with its children.

    Raises:
        TooLarge: Its tree has as many nodes as a tree may have.
    """
    _check_size(resources, voucher, 1)
    related = related_as_creditor(resources, asker.core or "", holder)

    def work(acting: Acting, _: Debt) -> Document:
        """Return the voucher with its children."""
        row = nodes.held_by(acting, voucher)
        number = number_for(resources, row["issuer"], acting.moving.day)
        before = nodes.children_of(acting.moving, row)
        passing = Passing(number, holder, amount_fen, related)
        found = acts.pass_on(acting, voucher, passing)
        return _with_children(found[0], [*before, found[1]], asker)

    return _asked(resources, asker, voucher, work)


def _check_size(resources: Resources, voucher: str, more: int) -> None:
    with resources.records.reading() as connection:
        row = repository.one(connection, voucher)
        if row is not None and repository.size_of_tree(connection, row["root"]) + more > TREE_MAX:
            raise TooLarge(f"a voucher is split into at most {TREE_MAX} parts in all")


def _own(row: Row, asker: Asker) -> Document:
    """Return a node as who moved it sees it."""
    return document(row, VoucherSight(Sight("firm", asker.core or ""), 0))


def _with_children(row: Row, children: Sequence[Row], asker: Asker) -> Document:
    """Return a node with its children in the order given: those made just now last, as asked."""
    return {**_own(row, asker), "children": [_own(each, asker) for each in children]}


def _asked(
    resources: Resources,
    asker: Asker,
    voucher: str,
    work: Work,
    documents: Sequence[str] = (),
    *,
    status: int = DONE,
) -> Reply:
    def decided(acting: Acting, debt: Debt) -> Reply:
        """Return the answer of the work."""
        endings.take_over(debt, voucher)
        return Reply.of(status, work(acting, debt))

    return ask_acting(resources, asker, _needs(asker, voucher, documents), decided)


def _needs(asker: Asker, voucher: str, documents: Sequence[str] = ()) -> Reads:
    return Reads(
        [nodes.account_of(voucher), f"core:{asker.core or ''}", *map(account_of, documents)],
        {vouchers: [voucher], receivables: documents},
    )


def ask_acting(
    resources: Resources,
    asker: Asker | str,
    needs: Reads,
    work: Callable[[Acting, Debt], Reply],
    *,
    lender: Lender = NO_LENDER,
) -> Reply:
    """
    Return the answer to an order of a firm by its work, under the terms of the business day.

    Args:
        resources: What the process has open.
        asker: Who asks; or a firm alone, of whose order nothing is kept.
        needs: What the work will read of the book.
        work: What is done.
        lender: Who has lent on documents, where the work settles some.
    """
    firm = asker if isinstance(asker, str) else asker.core or ""
    key, actor = (None, asker) if isinstance(asker, str) else (asker.key, asker.actor)

    def prepare() -> Plain:
        """Return the order, with the terms of the business day."""
        terms = terms_now(resources)
        files = of_version(resources, resources.version())
        days, tiers = terms.policy.whole("accept_days"), terms.policy.whole("tiers_max")
        lends = lender.ready()

        def decided(moving: Moving) -> Reply:
            """Return the answer of the work."""
            check_day(moving, terms.day)
            acting = Acting(moving, firm, terms.rules, tiers, days, lends)
            return work(acting, Debt(moving, files, None))

        return Plain(needs, decided, key, actor)

    return ask_prepared(ledger_of(resources).ask, prepare)

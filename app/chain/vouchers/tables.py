"""
The table of vouchers: a row a node of a tree, whose root is the voucher that the core issued.

At every live node: amount = parts + financed + held, where parts are what its children carry. It is
a table of the book (`app.books.ledger.tables`).
"""

import sqlalchemy as sa

from app.chain.receivables.tables import Id
from app.platform.records.tables import among, metadata

STATES = (
    "draft",
    "issued",  # Waits for the holder to accept.
    "held",
    "split",
    "passed",
    "financing",
    "financed",
    "matured",
    "paid",
    "settled",
    "rejected",
    "cancelled",
    "disputed",
    "dishonoured",
    "recourse",
)

vouchers = sa.Table(
    "book_vouchers",  # A graph store in the same database has its own `vouchers`.
    metadata,
    sa.Column("voucher", Id, primary_key=True),
    sa.Column("root", Id, nullable=False),
    sa.Column("parent", Id),
    sa.Column("issuer", sa.Text, nullable=False),
    sa.Column("holder", sa.Text, nullable=False),
    sa.Column("giver", sa.Text, nullable=False),  # Who issued or passed it to the holder.
    sa.Column("tier", sa.BigInteger, nullable=False),  # Changes of holder, the issue being one.
    sa.Column("depth", sa.BigInteger, nullable=False),  # Steps from the root.
    sa.Column("amount_fen", sa.BigInteger, nullable=False),
    sa.Column("parts_fen", sa.BigInteger, nullable=False),  # Of children that are not left out.
    sa.Column("financed_fen", sa.BigInteger, nullable=False),
    sa.Column("held_fen", sa.BigInteger, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("accepted", sa.BigInteger, nullable=False),
    sa.Column("before", sa.Text, nullable=False),  # The state to which it may go back, or "".
    sa.Column("recourse", sa.BigInteger, nullable=False),
    sa.Column("issued_on", sa.Text, nullable=False),
    sa.Column("due_on", sa.Text, nullable=False),
    sa.Column("accept_by", sa.Text, nullable=False),  # The last day to accept; "" once accepted.
    sa.Column("occupies_fen", sa.BigInteger, nullable=False),  # Of the issuer's account: a root's.
    sa.Column("receivables", sa.Text, nullable=False),  # What a root replaced: a list, as JSON.
    sa.Column("event", sa.BigInteger, nullable=False),
    among("state", STATES),
    sa.CheckConstraint(
        "amount_fen > 0 AND parts_fen >= 0 AND financed_fen >= 0 AND held_fen >= 0", name="amounts"
    ),
    sa.CheckConstraint(
        "state IN ('rejected', 'cancelled') OR amount_fen = parts_fen + financed_fen + held_fen",
        name="conserved",
    ),
    sqlite_with_rowid=False,
)
sa.Index("ix_vouchers_root", vouchers.c.root)
sa.Index("ix_vouchers_parent", vouchers.c.parent)
sa.Index("ix_vouchers_issuer", vouchers.c.issuer, vouchers.c.state, vouchers.c.voucher)
sa.Index("ix_vouchers_holder", vouchers.c.holder, vouchers.c.voucher)
sa.Index("ix_vouchers_due", vouchers.c.state, vouchers.c.due_on)

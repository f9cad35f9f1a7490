"""
The table of receivables of which the platform knows more than files say.

A row begins as a file tells it, at the first event on the receivable; from then on its own state
counts. It is a table of the book (`app.books.ledger.tables`).
"""

import sqlalchemy as sa

from app.platform.records.tables import among, metadata

STATES = (
    "open",
    "disputed",
    "confirmed",
    "financing",
    "financed",
    "elsewhere",  # Financed by somebody else.
    "replaced",  # By a voucher, for as long as that lives.
    "paid",
    "void",
)
# In the order of code points on every database, so that pages are the same.
Id = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")

receivables = sa.Table(
    "book_receivables",  # A graph store in the same database has its own `receivables`.
    metadata,
    sa.Column("receivable", Id, primary_key=True),
    sa.Column("number", sa.Text, nullable=False),
    sa.Column("creditor", sa.Text, nullable=False),
    sa.Column("debtor", sa.Text, nullable=False),
    sa.Column("amount_fen", sa.BigInteger, nullable=False),
    sa.Column("paid_fen", sa.BigInteger, nullable=False),  # In part, as a file says.
    sa.Column("occupied_fen", sa.BigInteger, nullable=False),  # Of the debtor's account, here.
    sa.Column("issued_on", sa.Text, nullable=False),
    sa.Column("due_on", sa.Text, nullable=False),
    sa.Column("registry_id", sa.Text),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("confirmed", sa.BigInteger, nullable=False),  # 1: the debtor has, wherever.
    sa.Column("here", sa.BigInteger, nullable=False),  # 1: on the platform.
    sa.Column("before", sa.Text, nullable=False),  # The state to which it may go back, or "".
    sa.Column("voucher", sa.Text),  # What replaced it.
    sa.Column("event", sa.BigInteger, nullable=False),
    among("state", STATES),
    sa.CheckConstraint(
        "paid_fen >= 0 AND occupied_fen >= 0 AND amount_fen >= 0 AND occupied_fen <= amount_fen",
        name="amounts",
    ),
    sqlite_with_rowid=False,
)
sa.Index("ix_receivables_debtor", receivables.c.debtor, receivables.c.receivable)
sa.Index("ix_receivables_creditor", receivables.c.creditor, receivables.c.receivable)
sa.Index("ix_receivables_number", receivables.c.number)

# Of every number the parties of the document whose id it is, for good: the first that was seen.
document_numbers = sa.Table(
    "document_numbers",
    metadata,
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("number", Id, primary_key=True),
    sa.Column("holder", sa.Text, nullable=False),
    sa.Column("debtor", sa.Text, nullable=False),
    among("kind", ("receivable", "voucher")),
    sqlite_with_rowid=False,
)

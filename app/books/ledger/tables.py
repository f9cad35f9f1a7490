"""
The tables of the ledger, and what makes a table one of the book.

A table of the book holds texts and whole numbers only, has one text as its key, and a column
`event`: the number of the last event that touched the row. Its rows are never deleted, and are
written in a round alone (`app.books.ledger.moving`).
"""

import sqlalchemy as sa

from app.books.ledger.figures import Figures
from app.books.ledger.statements import FIXED
from app.platform.records.tables import among, metadata

# No index holds what a move changes of an account: with room in its page none is touched either.
ROOM = {"fillfactor": 50}
USE_STATES = ("reserved", "posted", "void", "expired", "released")

accounts = sa.Table(
    "accounts",
    metadata,
    sa.Column("account", sa.Text, primary_key=True),
    sa.Column("layer", sa.Text, nullable=False, info=FIXED),
    sa.Column("core", sa.Text, info=FIXED),
    sa.Column("firm", sa.Text, info=FIXED),
    sa.Column("thing", sa.Text, info=FIXED),  # The group, product, programme or document.
    *(sa.Column(name, sa.BigInteger, nullable=False) for name in Figures._fields),
    sa.Column("event", sa.BigInteger, nullable=False),
    sa.CheckConstraint(
        "total >= 0 AND outside >= 0 AND posted >= 0 AND pending >= 0 AND frozen >= 0",
        name="figures",
    ),
    # Against the total it would forbid an excess, which a lowered total leaves for a while.
    sa.CheckConstraint("outside + posted + pending + frozen <= ceiling", name="ceiling"),
    sa.CheckConstraint("state IN (0, 1, 2)", name="state"),
    sqlite_with_rowid=False,
    postgresql_with=ROOM,
)
sa.Index("ix_accounts_core", accounts.c.core, accounts.c.account)
sa.Index("ix_accounts_firm", accounts.c.firm, accounts.c.account)

uses = sa.Table(
    "uses",
    metadata,
    sa.Column("use", sa.Text, primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("core", sa.Text, info=FIXED),
    sa.Column("firm", sa.Text, nullable=False, info=FIXED),
    sa.Column("product", sa.Text, nullable=False, info=FIXED),
    sa.Column("owner", sa.Text),  # What moves it: an application or a loan; None: officers do.
    sa.Column("asked_fen", sa.BigInteger, nullable=False),
    sa.Column("left_fen", sa.BigInteger, nullable=False),  # Pending or posted of it now.
    sa.Column("path", sa.Text, nullable=False),  # What it occupies where (`paths`), as JSON.
    sa.Column("expires_at", sa.Text, nullable=False),  # "" where no clock ends it.
    sa.Column("created_at", sa.Text, nullable=False),
    sa.Column("event", sa.BigInteger, nullable=False),
    among("state", USE_STATES),
    sa.CheckConstraint("left_fen >= 0 AND left_fen <= asked_fen", name="left"),
    sqlite_with_rowid=False,
)
sa.Index("ix_uses_state", uses.c.state, uses.c.expires_at)
sa.Index("ix_uses_firm", uses.c.firm)

# First answers by key: those of money and state, for as long as the policy says.
keys = sa.Table(
    "keys",
    metadata,
    sa.Column("key", sa.Text, primary_key=True),  # First: a round looks them up by key.
    sa.Column("person", sa.Text, primary_key=True),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("status", sa.BigInteger, nullable=False),
    sa.Column("answer", sa.Text, nullable=False),
    sa.Column("at", sa.Text, nullable=False, index=True),
    sqlite_with_rowid=False,
)

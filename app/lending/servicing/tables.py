"""The tables of loans: each as it stands, what was done to it in order, on what it stands."""

import sqlalchemy as sa

from app.books.ledger.statements import FIXED
from app.chain.receivables.tables import Id
from app.platform.records.tables import among, metadata

STATES = ("active", "overdue", "defaulted", "restructured", "repaid", "written_off")
KINDS = ("draw", "pay", "charge", "restructure", "write_off", "recover")

loans = sa.Table(
    "loans",
    metadata,
    sa.Column("loan", sa.Text, primary_key=True),
    sa.Column("application", sa.Text, info=FIXED),
    sa.Column("use", sa.Text, nullable=False, info=FIXED),
    sa.Column("firm", sa.Text, nullable=False, info=FIXED),
    sa.Column("core", sa.Text, info=FIXED),
    sa.Column("product", sa.Text, nullable=False, info=FIXED),
    sa.Column("account", sa.Text, nullable=False, info=FIXED),  # To which it was paid out.
    sa.Column("state", sa.Text, nullable=False),  # Since it was last touched, as what follows.
    sa.Column("class", sa.Text, nullable=False),
    sa.Column("stage", sa.BigInteger, nullable=False),
    sa.Column("amount_fen", sa.BigInteger, nullable=False, info=FIXED),
    sa.Column("outstanding_fen", sa.BigInteger, nullable=False),
    sa.Column("drawn_on", sa.Text, nullable=False, info=FIXED),
    sa.Column("due_on", sa.Text, nullable=False),  # The last due day.
    sa.Column("touch_on", sa.Text),  # When time next does something to it; None: never.
    sa.Column("acts", sa.BigInteger, nullable=False),  # How many were done to it, the draw first.
    sa.Column("standing", sa.Text, nullable=False),  # The whole loan, as canonical JSON.
    sa.Column("event", sa.BigInteger, nullable=False),
    among("state", STATES),
    sa.CheckConstraint("amount_fen > 0 AND outstanding_fen >= 0", name="amounts"),
    sqlite_with_rowid=False,
)
sa.Index("ix_loans_firm", loans.c.firm, loans.c.loan)
sa.Index("ix_loans_core", loans.c.core, loans.c.loan)
sa.Index("ix_loans_state", loans.c.state, loans.c.loan)
sa.Index("ix_loans_drawn", loans.c.drawn_on, loans.c.firm)
sa.Index("ix_loans_touch", loans.c.touch_on, loans.c.loan)

loan_acts = sa.Table(
    "loan_acts",
    metadata,
    sa.Column("act", sa.Text, primary_key=True),  # The loan and the number of the act.
    sa.Column("loan", sa.Text, nullable=False, info=FIXED),
    sa.Column("n", sa.BigInteger, nullable=False, info=FIXED),  # 0: the draw.
    sa.Column("kind", sa.Text, nullable=False, info=FIXED),
    sa.Column("reference", sa.Text, nullable=False, info=FIXED),  # The payer's; "" where none.
    sa.Column("asked", sa.Text, nullable=False, info=FIXED),  # What was done, as JSON.
    sa.Column("told", sa.Text, nullable=False, info=FIXED),  # What was answered, as JSON.
    sa.Column("reversed", sa.BigInteger, nullable=False),  # Whether it was taken back.
    sa.Column("event", sa.BigInteger, nullable=False),
    among("kind", KINDS),
    sqlite_with_rowid=False,
)
sa.Index("ix_loan_acts_loan", loan_acts.c.loan, loan_acts.c.n)

# On what loans stand: of each document the last loan, and what its debtor's payment came to.
loan_documents = sa.Table(
    "loan_documents",
    metadata,
    sa.Column("document", Id, primary_key=True),  # The id of its account.
    sa.Column("loan", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("lent_fen", sa.BigInteger, nullable=False),  # Of the draw, what it carried.
    sa.Column("face_fen", sa.BigInteger, nullable=False),  # What its debtor was to pay then.
    sa.Column("paid_fen", sa.BigInteger, nullable=False),  # To the loan.
    sa.Column("remainder_fen", sa.BigInteger, nullable=False),  # To the holder.
    sa.Column("event", sa.BigInteger, nullable=False),
    among("state", ("lent", "freed", "paid")),
    sa.CheckConstraint(
        "lent_fen >= 0 AND face_fen >= 0 AND paid_fen >= 0 AND remainder_fen >= 0", name="amounts"
    ),
    sqlite_with_rowid=False,
)

firm_accounts = sa.Table(
    "firm_accounts",
    metadata,
    sa.Column("firm", sa.Text, primary_key=True),
    sa.Column("account", sa.Text, nullable=False),  # To which alone it is paid out.
    sa.Column("filed_on", sa.Text, nullable=False),  # The business day.
    sa.Column("event", sa.BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

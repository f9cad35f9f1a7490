"""The tables of applications and of who works on them, of the book (`app.books.ledger.tables`)."""

import sqlalchemy as sa

from app.books.ledger.statements import FIXED
from app.lending.applications.states import STATES
from app.platform.records.tables import among, metadata

applications = sa.Table(
    "applications",
    metadata,
    sa.Column("application", sa.Text, primary_key=True),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("firm", sa.Text, nullable=False, info=FIXED),
    sa.Column("core", sa.Text, info=FIXED),  # None: without a core.
    sa.Column("product", sa.Text, nullable=False, info=FIXED),
    sa.Column("programme", sa.Text, info=FIXED),
    sa.Column("purpose", sa.Text, nullable=False, info=FIXED),
    sa.Column("amount_fen", sa.BigInteger, nullable=False, info=FIXED),  # What was asked for.
    sa.Column("tenor_days", sa.BigInteger, info=FIXED),
    sa.Column("tenor_months", sa.BigInteger, info=FIXED),
    sa.Column("repayment", sa.Text, nullable=False, info=FIXED),
    sa.Column("documents", sa.Text, nullable=False, info=FIXED),  # Kind and number of each: JSON.
    sa.Column("documents_due", sa.Text, nullable=False),  # When the first of them is due, or "".
    sa.Column("maker", sa.Text, nullable=False, info=FIXED),  # Who applied.
    sa.Column(
        "decision", sa.Text, nullable=False
    ),  # The machine's, as JSON; its inputs are in `decisions`.
    sa.Column("hands", sa.Text, nullable=False),  # Who decides: machine, one, two, committee.
    sa.Column("level", sa.Text),  # In a unit of which level, or above.
    sa.Column("use", sa.Text),  # What holds the offer over the path.
    sa.Column("offered_fen", sa.BigInteger, nullable=False),  # 0: nothing is offered.
    sa.Column("drawn_fen", sa.BigInteger, nullable=False),  # Of the offer.
    sa.Column("rate", sa.Text, nullable=False),  # Of the offer, a decimal; "" without one.
    sa.Column("offer_until", sa.Text, nullable=False),  # Its last business day, or "".
    sa.Column("recommended", sa.Text, nullable=False),  # By whom what is recommended, JSON, or "".
    sa.Column("votes", sa.Text, nullable=False),  # A list of who decided what, as JSON.
    sa.Column("made", sa.BigInteger, nullable=False, info=FIXED),  # The event that made it.
    sa.Column("made_on", sa.Text, nullable=False, info=FIXED),
    sa.Column("created_at", sa.Text, nullable=False, info=FIXED),
    sa.Column("event", sa.BigInteger, nullable=False),
    among("state", STATES),
    sa.CheckConstraint(
        "amount_fen > 0 AND drawn_fen >= 0 AND offered_fen >= drawn_fen", name="amounts"
    ),
    # What is approved always holds a reservation.
    sa.CheckConstraint("state <> 'approved' OR use IS NOT NULL", name="reserved"),
    sqlite_with_rowid=False,
)
sa.Index("ix_applications_made", applications.c.made)
sa.Index("ix_applications_firm", applications.c.firm, applications.c.made)
sa.Index("ix_applications_core", applications.c.core, applications.c.made)
sa.Index("ix_applications_state", applications.c.state, applications.c.offer_until)

# Who says that they work on an application; it holds nobody from acting.
application_claims = sa.Table(
    "application_claims",
    metadata,
    sa.Column("application", sa.Text, primary_key=True),
    sa.Column("officer", sa.Text, nullable=False),  # "" once it was given back.
    sa.Column("since", sa.Text, nullable=False),
    sa.Column("seen", sa.BigInteger, nullable=False),  # The application's event: moved, it is over.
    sa.Column("event", sa.BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

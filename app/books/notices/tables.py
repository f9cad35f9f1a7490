"""
The table of notices, of the book: a row for what a firm is told; none changes.

Beside it, and no part of the book, what becomes of telling them by mail.
"""

import sqlalchemy as sa

from app.platform.records.columns import Moment, Words
from app.platform.records.tables import among, metadata

notices = sa.Table(
    "notices",
    metadata,
    sa.Column("notice", sa.Text, primary_key=True),
    sa.Column("firm", sa.Text, nullable=False),
    sa.Column("made", sa.BigInteger, nullable=False),  # The event that it tells of.
    sa.Column("kind", sa.Text, nullable=False),  # The operation of that event.
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("made_at", sa.Text, nullable=False),
    sa.Column("made_on", sa.Text, nullable=False),
    sa.Column("event", sa.BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
sa.Index("ix_notices_firm", notices.c.firm, notices.c.made)
sa.Index("ix_notices_made", notices.c.made)

# `given_up`: no server took it in time; `dropped`: who it was for wants no mail any more.
MAIL_STATES = ("waiting", "sent", "refused", "given_up", "dropped")
mails = sa.Table(
    "mails",
    metadata,
    sa.Column("mail", sa.String(32), primary_key=True),  # The same notice and user, the same mail.
    sa.Column("notice", sa.Text, nullable=False),
    sa.Column("user", sa.ForeignKey("users.user", ondelete="CASCADE"), nullable=False),
    sa.Column("made_at", sa.Text, nullable=False),  # When the notice was.
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("due_at", Moment, nullable=False),
    sa.Column("ended_at", Moment),
    sa.Column("answer", Words),  # Of the server, to the last try.
    among("state", MAIL_STATES),
)
sa.Index("ix_mails_due", mails.c.state, mails.c.due_at)

# Up to which event notices have become mails: one row.
mail_marks = sa.Table(
    "mail_marks",
    metadata,
    sa.Column("mark", sa.String(16), primary_key=True),
    sa.Column("made", sa.BigInteger, nullable=False),
)

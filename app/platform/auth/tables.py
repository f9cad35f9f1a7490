"""Tables of who may sign in, and by what they have access now."""

import sqlalchemy as sa

from app.platform.auth.principals import HEAD, ROLES
from app.platform.records.columns import Moment
from app.platform.records.tables import among, metadata

users = sa.Table(
    "users",
    metadata,
    sa.Column("user", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("name", sa.String(120), nullable=False, unique=True),
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("firm", sa.Text),
    sa.Column("password", sa.Text, nullable=False),
    sa.Column("unit", sa.String(64), nullable=False, server_default=HEAD),
    sa.Column("active", sa.Boolean(name="active"), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    among("role", ROLES),
    sa.CheckConstraint("(role IN ('core', 'supplier')) = (firm IS NOT NULL)", name="firm"),
)

# `session` is the hash of what the cookie holds: who reads this table cannot sign in with it.
sessions = sa.Table(
    "sessions",
    metadata,
    sa.Column("session", sa.String(64), primary_key=True),
    sa.Column("user", sa.ForeignKey("users.user", ondelete="CASCADE"), nullable=False, index=True),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("expires_at", Moment, nullable=False),
)

# Of a token the id is kept, never the token; `user` is whose it is, if it is somebody's.
tokens = sa.Table(
    "tokens",
    metadata,
    sa.Column("token", sa.String(64), primary_key=True),
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("firm", sa.Text),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("expires_at", Moment, nullable=False),
    sa.Column("revoked_at", Moment),
    sa.Column("user", sa.ForeignKey("users.user", ondelete="CASCADE"), index=True),
    sa.Column("person", sa.String(120)),  # Named by it, and no user when it was made.
    sa.Column("unit", sa.String(64), nullable=False, server_default=HEAD),
    among("role", ROLES),
)

# Where a user is told by mail, and in which language: theirs alone, and gone with them.
mail_addresses = sa.Table(
    "mail_addresses",
    metadata,
    sa.Column(
        "user", sa.ForeignKey("users.user", ondelete="CASCADE"), primary_key=True, nullable=False
    ),
    sa.Column("address", sa.String(254), nullable=False),
    sa.Column("language", sa.String(2), nullable=False),
    sa.Column("changed_at", Moment, nullable=False),
    sa.Column("confirmed_at", Moment),  # When its reader proved that it is theirs; nothing before.
    sa.Column("letter_at", Moment),  # When the mail that asks for it is due; none is: empty.
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),  # Of wrong codes.
    among("language", ("zh", "en")),
)

"""
The tables of the records database, the same on SQLite and PostgreSQL.

Names, types and rules are what the migrations make; a test compares the two.
"""

import sqlalchemy as sa

from app.platform.records.columns import Moment, Words

metadata = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

ROLES = ("risk", "officer", "core", "supplier", "auditor", "admin")
STATES = ("waiting", "running", "done", "failed")


def _among(column: str, words: tuple[str, ...]) -> sa.CheckConstraint:
    listed = ", ".join(f"'{word}'" for word in words)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=column)


# A run of the analyses and the limits; its figures are Parquet files in `folder`.
runs = sa.Table(
    "runs",
    metadata,
    sa.Column("run", sa.String(64), primary_key=True),
    sa.Column("version", sa.Integer, nullable=False, index=True),
    sa.Column("as_of", sa.Date, nullable=False),
    sa.Column("policy", sa.String(120), nullable=False),
    sa.Column("code", sa.String(64), nullable=False),
    sa.Column("parameters", sa.JSON, nullable=False),
    sa.Column("folder", sa.Text, nullable=False),
    sa.Column("cores", sa.Integer, nullable=False),
    sa.Column("firms", sa.Integer, nullable=False),
    sa.Column("seconds", sa.Float, nullable=False),
    sa.Column("finished_at", Moment, nullable=False),
)

# What a run granted each chain; `occupied` and `reserved` are those of the run.
facilities = sa.Table(
    "facilities",
    metadata,
    sa.Column("run", sa.ForeignKey("runs.run", ondelete="CASCADE"), primary_key=True),
    sa.Column("core", sa.Text, primary_key=True),
    sa.Column("limit_fen", sa.BigInteger),
    sa.Column("occupied_fen", sa.BigInteger),
    sa.Column("reserved_fen", sa.BigInteger),
    sa.Column("available_fen", sa.BigInteger),
    sa.Column("binding", sa.String(64)),
    sa.Column("absent", sa.Text),
    sa.CheckConstraint("limit_fen >= 0", name="limit"),
    sa.CheckConstraint("(limit_fen IS NULL) = (absent IS NOT NULL)", name="absent"),
)

# Which firms count as cores besides, or against, what the firms table says.
cores = sa.Table(
    "cores",
    metadata,
    sa.Column("firm", sa.Text, primary_key=True),
    sa.Column("chosen", sa.Boolean(name="chosen"), nullable=False),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("at", Moment, nullable=False),
)

users = sa.Table(
    "users",
    metadata,
    sa.Column("user", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("name", sa.String(120), nullable=False, unique=True),
    sa.Column("role", sa.String(16), nullable=False),
    sa.Column("firm", sa.Text),
    sa.Column("password", sa.Text, nullable=False),
    sa.Column("active", sa.Boolean(name="active"), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    _among("role", ROLES),
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
    _among("role", ROLES),
)

# Append-only: who did or was refused what, and how it ended.
audit = sa.Table(
    "audit",
    metadata,
    sa.Column("entry", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("at", Moment, nullable=False, index=True),
    sa.Column("actor", sa.String(160), nullable=False),
    sa.Column("role", sa.String(16)),
    sa.Column("action", sa.String(200), nullable=False),
    sa.Column("target", Words, nullable=False),
    sa.Column("outcome", sa.String(16), nullable=False),
    sa.Column("status", sa.Integer),
    sa.Column("trace", sa.String(64), nullable=False),
    _among("outcome", ("done", "refused", "failed")),
    sqlite_autoincrement=True,
)

imports = sa.Table(
    "imports",
    metadata,
    sa.Column("import", sa.String(32), primary_key=True),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("source", sa.String(64), nullable=False),
    sa.Column("files", sa.JSON, nullable=False),
    sa.Column("outcome", sa.JSON),
    sa.Column("detail", Words),
    sa.Column("by", sa.String(160), nullable=False),
    sa.Column("created_at", Moment, nullable=False),
    sa.Column("finished_at", Moment),
    sa.Column("as_of", sa.Date),
    sa.Column("replace", sa.Boolean(name="replace"), nullable=False, server_default=sa.false()),
    sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
    _among("state", STATES),
)

# One row a name: who leads until when. Taking over is one conditional update.
leases = sa.Table(
    "leases",
    metadata,
    sa.Column("lease", sa.String(64), primary_key=True),
    sa.Column("holder", sa.String(160), nullable=False),
    sa.Column("until", Moment, nullable=False),
)

# One that waits has begun when it was ordered; who runs one holds the lease of its number.
job_runs = sa.Table(
    "job_runs",
    metadata,
    sa.Column("job_run", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("job", sa.String(64), nullable=False, index=True),
    sa.Column("state", sa.String(16), nullable=False, index=True),
    sa.Column("detail", Words),
    sa.Column("by", sa.String(160), nullable=False),
    sa.Column("started_at", Moment, nullable=False),
    sa.Column("finished_at", Moment),
    sa.Column("tries_left", sa.Integer, nullable=False, server_default="0"),
    sa.Column("due_at", Moment),
    _among("state", STATES),
)

"""The first tables."""

import sqlalchemy as sa
from alembic import op

from app.platform.records.columns import Moment

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables to this revision."""
    _runs()
    _facilities()
    _cores()
    _users()
    _sessions()
    _tokens()
    _audit()
    _imports()
    _scenarios()
    _leases()
    _job_runs()


def downgrade() -> None:
    """Take all tables away."""
    for name in (
        *("job_runs", "leases", "scenarios", "imports", "audit", "tokens", "sessions", "users"),
        *("cores", "facilities", "runs"),
    ):
        op.drop_table(name)


def _runs() -> None:
    op.create_table(
        "runs",
        sa.Column("run", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("policy", sa.String(length=120), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("cores", sa.Integer(), nullable=False),
        sa.Column("firms", sa.Integer(), nullable=False),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("finished_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("run", name=op.f("pk_runs")),
    )
    op.create_index(op.f("ix_runs_version"), "runs", ["version"])


def _facilities() -> None:
    op.create_table(
        "facilities",
        sa.Column("run", sa.String(length=64), nullable=False),
        sa.Column("core", sa.Text(), nullable=False),
        sa.Column("limit_fen", sa.BigInteger()),
        sa.Column("occupied_fen", sa.BigInteger()),
        sa.Column("reserved_fen", sa.BigInteger()),
        sa.Column("available_fen", sa.BigInteger()),
        sa.Column("binding", sa.String(length=64)),
        sa.Column("absent", sa.Text()),
        sa.CheckConstraint(
            "(limit_fen IS NULL) = (absent IS NOT NULL)", name=op.f("ck_facilities_absent")
        ),
        sa.CheckConstraint("limit_fen >= 0", name=op.f("ck_facilities_limit")),
        sa.ForeignKeyConstraint(
            ["run"], ["runs.run"], name=op.f("fk_facilities_run"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("run", "core", name=op.f("pk_facilities")),
    )


def _cores() -> None:
    op.create_table(
        "cores",
        sa.Column("firm", sa.Text(), nullable=False),
        sa.Column("chosen", sa.Boolean(name="chosen"), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("firm", name=op.f("pk_cores")),
    )


def _users() -> None:
    op.create_table(
        "users",
        sa.Column("user", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("firm", sa.Text()),
        sa.Column("password", sa.Text(), nullable=False),
        sa.Column("active", sa.Boolean(name="active"), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.CheckConstraint(
            "(role IN ('core', 'supplier')) = (firm IS NOT NULL)", name=op.f("ck_users_firm")
        ),
        sa.CheckConstraint(
            "role IN ('risk', 'officer', 'core', 'supplier', 'auditor', 'admin')",
            name=op.f("ck_users_role"),
        ),
        sa.PrimaryKeyConstraint("user", name=op.f("pk_users")),
        sa.UniqueConstraint("name", name=op.f("uq_users_name")),
    )


def _sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("session", sa.String(length=64), nullable=False),
        sa.Column("user", sa.Integer(), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user"], ["users.user"], name=op.f("fk_sessions_user"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("session", name=op.f("pk_sessions")),
    )
    op.create_index(op.f("ix_sessions_user"), "sessions", ["user"])


def _tokens() -> None:
    op.create_table(
        "tokens",
        sa.Column("token", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("firm", sa.Text()),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("expires_at", Moment(), nullable=False),
        sa.Column("revoked_at", Moment()),
        sa.CheckConstraint(
            "role IN ('risk', 'officer', 'core', 'supplier', 'auditor', 'admin')",
            name=op.f("ck_tokens_role"),
        ),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_tokens")),
    )


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("entry", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("actor", sa.String(length=160), nullable=False),
        sa.Column("role", sa.String(length=16)),
        sa.Column("action", sa.String(length=200), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("status", sa.Integer()),
        sa.Column("trace", sa.String(length=64), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('done', 'refused', 'failed')", name=op.f("ck_audit_outcome")
        ),
        sa.PrimaryKeyConstraint("entry", name=op.f("pk_audit")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_audit_at"), "audit", ["at"])


def _imports() -> None:
    op.create_table(
        "imports",
        sa.Column("import", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.Column("outcome", sa.JSON()),
        sa.Column("detail", sa.Text()),
        sa.Column("by", sa.String(length=160), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.Column("finished_at", Moment()),
        sa.CheckConstraint(
            "state IN ('waiting', 'running', 'done', 'failed')", name=op.f("ck_imports_state")
        ),
        sa.PrimaryKeyConstraint("import", name=op.f("pk_imports")),
    )


def _scenarios() -> None:
    op.create_table(
        "scenarios",
        sa.Column("scenario", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("by", sa.String(length=160), nullable=False),
        sa.Column("created_at", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("scenario", name=op.f("pk_scenarios")),
    )


def _leases() -> None:
    op.create_table(
        "leases",
        sa.Column("lease", sa.String(length=64), nullable=False),
        sa.Column("holder", sa.String(length=160), nullable=False),
        sa.Column("until", Moment(), nullable=False),
        sa.PrimaryKeyConstraint("lease", name=op.f("pk_leases")),
    )


def _job_runs() -> None:
    op.create_table(
        "job_runs",
        sa.Column("job_run", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("job", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("detail", sa.Text()),
        sa.Column("by", sa.String(length=160), nullable=False),
        sa.Column("started_at", Moment(), nullable=False),
        sa.Column("finished_at", Moment()),
        sa.CheckConstraint(
            "state IN ('waiting', 'running', 'done', 'failed')", name=op.f("ck_job_runs_state")
        ),
        sa.PrimaryKeyConstraint("job_run", name=op.f("pk_job_runs")),
    )
    op.create_index(op.f("ix_job_runs_job"), "job_runs", ["job"])

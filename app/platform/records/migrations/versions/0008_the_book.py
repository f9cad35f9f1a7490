"""The book: one chain of events, which takes in the audit, and the accounts that they move."""

import datetime as dt
import json

import sqlalchemy as sa
from alembic import op

from app.platform.events.chain import (
    GENESIS,
    EventDraft,
    Head,
    canonical,
    link,
    moment_of,
    moment_text,
)
from app.platform.records.columns import Moment, Words

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None
AUDIT = "audit"
CHUNK = 5_000
FIGURES = ("total", "outside", "posted", "pending", "frozen", "ceiling", "state", "valid_to")
AUDIT_TABLE = sa.table(
    "audit",
    sa.column("entry", sa.Integer),
    sa.column("at", Moment),
    *(sa.column(name) for name in ("actor", "role", "action", "target", "outcome", "status")),
    sa.column("trace"),
)
EVENTS = (
    "at",
    "day",
    "actor",
    "key",
    "operation",
    "subject",
    "path",
    "things",
    "detail",
    "reason",
    "inputs",
    "previous",
    "hash",
)


def upgrade() -> None:
    """Make the tables of the book; the rows of the audit become its first events."""
    _make_events()
    _make_ledger()
    _make_uses()
    table = sa.table("events", sa.column("number"), *(sa.column(name) for name in EVENTS))
    head = Head(0, GENESIS, "")
    last = 0
    while rows := _audited(last):
        events = []
        for row in rows:
            event = link(head, _draft(row))
            head = Head(event.number, event.hash, "")
            events.append(event._asdict())
        op.get_bind().execute(table.insert(), events)
        last = rows[-1].entry
    op.execute(
        sa.table("head", *(sa.column(name) for name in ("head", "number", "hash", "day")))
        .insert()
        .values(head=1, number=head.number, hash=head.hash, day="")
    )
    op.drop_index(op.f("ix_audit_at"), table_name="audit")
    op.drop_table("audit")


def downgrade() -> None:
    """Make the table of the audit again from its events; the rest of the book goes."""
    op.create_table(
        "audit",
        sa.Column("entry", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("at", Moment(), nullable=False),
        sa.Column("actor", sa.String(length=160), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=True),
        sa.Column("action", sa.String(length=200), nullable=False),
        sa.Column("target", Words(), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("trace", sa.String(length=64), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('done', 'refused', 'failed')", name=op.f("ck_audit_outcome")
        ),
        sa.PrimaryKeyConstraint("entry", name=op.f("pk_audit")),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_audit_at"), "audit", ["at"])
    last = 0
    while rows := _events(last):
        op.get_bind().execute(
            AUDIT_TABLE.insert(),
            [
                {
                    "at": moment_of(row.at),
                    "actor": row.actor,
                    "action": row.subject,
                    **json.loads(row.detail),
                }
                for row in rows
            ],
        )
        last = rows[-1].number
    for name in ("keys", "uses", "accounts", "head", "events"):
        op.drop_table(name)


def _audited(after: int) -> list[sa.Row[tuple[object, ...]]]:
    query = sa.select(AUDIT_TABLE).where(AUDIT_TABLE.c.entry > after)
    return list(op.get_bind().execute(query.order_by(AUDIT_TABLE.c.entry).limit(CHUNK)))


def _events(after: int) -> list[sa.Row[tuple[object, ...]]]:
    table = sa.table("events", sa.column("number"), *(sa.column(name) for name in EVENTS))
    query = sa.select(table).where(table.c.operation == AUDIT, table.c.number > after)
    return list(op.get_bind().execute(query.order_by(table.c.number).limit(CHUNK)))


def _draft(row: sa.Row[tuple[object, ...]]) -> EventDraft:
    at = row.at if isinstance(row.at, dt.datetime) else moment_of(str(row.at))
    told = ("role", "target", "outcome", "status", "trace")
    return EventDraft(
        at=moment_text(at),
        day="",
        actor=row.actor,
        key="",
        operation=AUDIT,
        subject=row.action,
        detail=canonical({name: getattr(row, name) for name in told}),
    )


def _make_events() -> None:
    op.create_table(
        "events",
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in EVENTS),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_events")),
    )
    op.create_index(
        "ix_events_audit",
        "events",
        ["number"],
        sqlite_where=sa.text("operation = 'audit'"),
        postgresql_where=sa.text("operation = 'audit'"),
    )
    op.create_table(
        "head",
        sa.Column("head", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.CheckConstraint("head = 1", name=op.f("ck_head_head")),
        sa.PrimaryKeyConstraint("head", name=op.f("pk_head")),
    )


def _make_ledger() -> None:
    op.create_table(
        "accounts",
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("layer", sa.Text(), nullable=False),
        sa.Column("core", sa.Text(), nullable=True),
        sa.Column("firm", sa.Text(), nullable=True),
        sa.Column("thing", sa.Text(), nullable=True),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in (*FIGURES, "source")),
        sa.Column("event", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "total >= 0 AND outside >= 0 AND posted >= 0 AND pending >= 0 AND frozen >= 0",
            name=op.f("ck_accounts_figures"),
        ),
        sa.CheckConstraint(
            "outside + posted + pending + frozen <= ceiling", name=op.f("ck_accounts_ceiling")
        ),
        sa.CheckConstraint("state IN (0, 1, 2)", name=op.f("ck_accounts_state")),
        sa.PrimaryKeyConstraint("account", name=op.f("pk_accounts")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_accounts_core", "accounts", ["core", "account"])
    op.create_index("ix_accounts_firm", "accounts", ["firm", "account"])


def _make_uses() -> None:
    op.create_table(
        "uses",
        sa.Column("use", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("core", sa.Text(), nullable=True),
        sa.Column("firm", sa.Text(), nullable=False),
        sa.Column("product", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("asked_fen", sa.BigInteger(), nullable=False),
        sa.Column("left_fen", sa.BigInteger(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.Text(), nullable=False),
        sa.Column("created_at", sa.Text(), nullable=False),
        sa.Column("event", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "state IN ('reserved', 'posted', 'void', 'expired', 'released')",
            name=op.f("ck_uses_state"),
        ),
        sa.CheckConstraint("left_fen >= 0 AND left_fen <= asked_fen", name=op.f("ck_uses_left")),
        sa.PrimaryKeyConstraint("use", name=op.f("pk_uses")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_uses_state", "uses", ["state", "expires_at"])
    op.create_index("ix_uses_firm", "uses", ["firm"])
    op.create_table(
        "keys",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("status", sa.BigInteger(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("at", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", "person", name=op.f("pk_keys")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_keys_at"), "keys", ["at"])

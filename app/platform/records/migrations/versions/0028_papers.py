"""Files that firms hand in, and how much of each waits."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None
TEXTS = ("application", "handed_by", "handed_at", "handed_on", "state", "decided_by", "reason")
RULES = {
    "kind": "kind IN ('statement', 'orders', 'invoices', 'contract', 'other')",
    "form": "form IN ('csv', 'xlsx', 'pdf')",
    "state": "state IN ('open', 'withdrawn', 'taken', 'refused')",
}


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "papers",
        *(
            sa.Column(name, sa.Text(), nullable=False)
            for name in ("paper", "firm", "kind", "form", "name", "sha256")
        ),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in TEXTS),
        sa.Column("event", sa.BigInteger(), nullable=False),
        *(sa.CheckConstraint(rule, name=op.f(f"ck_papers_{name}")) for name, rule in RULES.items()),
        sa.PrimaryKeyConstraint("paper", name=op.f("pk_papers")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_papers_firm", "papers", ["firm", "event"])
    op.create_index("ix_papers_state", "papers", ["state", "event"])
    op.create_table(
        "paper_sums",
        sa.Column("firm", sa.Text(), nullable=False),
        sa.Column("open_count", sa.BigInteger(), nullable=False),
        sa.Column("open_bytes", sa.BigInteger(), nullable=False),
        sa.Column("event", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("firm", name=op.f("pk_paper_sums")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Take the tables away; their events stay, and the files in the data folder."""
    op.drop_table("paper_sums")
    op.drop_table("papers")

"""The documents on which loans stand."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

STATES = "state IN ('lent', 'freed', 'paid')"
AMOUNTS = "lent_fen >= 0 AND face_fen >= 0 AND paid_fen >= 0 AND remainder_fen >= 0"
Id = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "loan_documents",
        sa.Column("document", Id, nullable=False),
        sa.Column("loan", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("lent_fen", sa.BigInteger(), nullable=False),
        sa.Column("face_fen", sa.BigInteger(), nullable=False),
        sa.Column("paid_fen", sa.BigInteger(), nullable=False),
        sa.Column("remainder_fen", sa.BigInteger(), nullable=False),
        sa.Column("event", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(STATES, name=op.f("ck_loan_documents_state")),
        sa.CheckConstraint(AMOUNTS, name=op.f("ck_loan_documents_amounts")),
        sa.PrimaryKeyConstraint("document", name=op.f("pk_loan_documents")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Take the table away; its events stay."""
    op.drop_table("loan_documents")

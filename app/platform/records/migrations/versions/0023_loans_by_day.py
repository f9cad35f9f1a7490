"""Loans by the day on which they were drawn: what is drawn on a day is looked up at each draw."""

from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index."""
    op.create_index("ix_loans_drawn", "loans", ["drawn_on", "firm"])


def downgrade() -> None:
    """Take it away."""
    op.drop_index("ix_loans_drawn", "loans")

"""Cases by when they came to their step: what is new is looked at every second."""

from alembic import op

revision = "0018_fresh_cases"
down_revision = "0017_custody"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the index."""
    op.create_index("ix_cases_since", "cases", ["since"])

"""Remember which tokens were used."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of used tokens."""
    op.create_table(
        "spent_tokens",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("until", sa.BigInteger, nullable=False, comment="seconds since the epoch; forgotten after"),
    )
    op.create_index("spent_tokens_until", "spent_tokens", ["until"])


def downgrade() -> None:
    """Forget which tokens were used."""
    op.drop_table("spent_tokens")

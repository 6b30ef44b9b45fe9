"""Add an e-service's own threshold and retention, and create the national thresholds.

Why:     an organisation may be more careful than the nation, and the ministry sets for all
         when numbers are published.
Read by: storage/session.py
Undo:    drop the table and the two columns; what was set is gone.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("eservices", sa.Column("min_ratings", sa.Integer))
    op.add_column("eservices", sa.Column("comment_retention_days", sa.Integer))
    op.create_table(
        "thresholds",
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("min_ratings", sa.Integer, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
    )

"""Create the list of imports from PTV's API.

Why:     the next import asks only for what has changed since the last one began.
Read by: storage/session.py
Undo:    drop the table; the next import reads everything.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "ptv_imports",
        sa.Column("began_at", _TIME, primary_key=True),
        sa.Column("finished_at", _TIME, nullable=False),
        sa.Column("is_everything", sa.Boolean, nullable=False),
        sa.Column("report", sa.JSON, nullable=False),
    )

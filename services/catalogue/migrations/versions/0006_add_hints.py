"""Add hints from PTV, and create the list of imports that people started.

Why:     PTV's fields that answer a claim are offered to the self-assessment; an import that
         was started from a page is one for all processes, and survives the one it runs in.
Read by: storage/session.py, storage/ptv_runs.py
Undo:    drop the columns and the table; the next import brings the hints again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("channels", sa.Column("hints", sa.JSON))
    op.add_column("eservices", sa.Column("hints", sa.JSON))
    op.create_table(
        "ptv_runs",
        sa.Column("run_id", sa.Uuid, primary_key=True),
        sa.Column("began_at", _TIME, nullable=False),
        sa.Column("actor", sa.JSON, nullable=False),
        sa.Column("is_dry_run", sa.Boolean, nullable=False),
        sa.Column("is_everything", sa.Boolean, nullable=False),
        sa.Column("is_forced", sa.Boolean, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("alive_at", _TIME, nullable=False),
        sa.Column("step", sa.String(200), nullable=False),
        sa.Column("number", sa.Integer),
        sa.Column("total", sa.Integer),
        sa.Column("error_code", sa.String(60)),
        sa.Column("error", sa.Text),
        sa.Column("report", sa.JSON),
        sa.Column("import_began_at", _TIME),
    )
    op.create_index("ptv_runs_by_time", "ptv_runs", ["began_at"])

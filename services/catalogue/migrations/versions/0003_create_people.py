"""Create people, invitations and the audit trail.

Why:     who may do what, and who changed what, belong to the catalogue.
Read by: storage/session.py
Undo:    drop the tables; everybody has to be invited anew, and the trail is gone.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "people",
        sa.Column("person_id", sa.Uuid, primary_key=True),
        sa.Column("issuer", sa.String(300), nullable=False),
        sa.Column("subject", sa.String(300), nullable=False),
        sa.Column("name", sa.String(300), nullable=False),
        sa.Column("email", sa.String(300), nullable=False),
        sa.Column("grants", sa.JSON, nullable=False),
        sa.Column("is_active", sa.Boolean, nullable=False),
        sa.Column("sessions_valid_from", _TIME),
        sa.Column("ended_sessions", sa.JSON, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_index("people_by_subject", "people", ["issuer", "subject"], unique=True)
    op.create_table(
        "invitations",
        sa.Column("invitation_id", sa.Uuid, primary_key=True),
        sa.Column("token_hash", sa.String(64), nullable=False, unique=True),
        sa.Column("email", sa.String(300), nullable=False),
        sa.Column("grant", sa.JSON, nullable=False),
        sa.Column("organisation_id", sa.Uuid, sa.ForeignKey("organisations.organisation_id")),
        sa.Column("invited_by", sa.String(300), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.Column("accepted_at", _TIME),
        sa.Column("accepted_by", sa.Uuid),
        sa.Column("withdrawn_at", _TIME),
    )
    op.create_index(
        "invitations_by_organisation", "invitations", ["organisation_id", "created_at"]
    )
    op.create_table(
        "audit_trail",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("at", _TIME, nullable=False),
        sa.Column("actor", sa.JSON, nullable=False),
        sa.Column("change", sa.String(60), nullable=False),
        sa.Column("subject_id", sa.String(60), nullable=False),
        sa.Column("organisation_id", sa.Uuid),
        sa.Column("eservice_id", sa.Uuid),
        sa.Column("before", sa.JSON),
        sa.Column("after", sa.JSON),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("previous_hash", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
    )
    op.create_index("audit_trail_by_organisation", "audit_trail", ["organisation_id", "number"])
    op.create_index("audit_trail_by_eservice", "audit_trail", ["eservice_id", "number"])

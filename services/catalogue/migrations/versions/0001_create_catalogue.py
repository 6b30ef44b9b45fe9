"""Create the catalogue and its outbox.

Why:     the catalogue needs to keep who provides what, and tell it in the same transaction.
Read by: storage/session.py
Undo:    drop all tables; PTV entries can be imported again, settings and keys can't.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    _create_outbox()
    op.create_table(
        "organisations",
        sa.Column("organisation_id", sa.Uuid, primary_key=True),
        sa.Column("names", sa.JSON, nullable=False),
        sa.Column("business_code", sa.String(20)),
        sa.Column("parent_organisation_id", sa.Uuid),
        *_kept(),
    )
    op.create_table(
        "channels",
        sa.Column("channel_id", sa.Uuid, primary_key=True),
        _organisation(nullable=False),
        sa.Column("channel", sa.String(20), nullable=False),
        sa.Column("names", sa.JSON, nullable=False),
        sa.Column("urls", sa.JSON, nullable=False),
        sa.Column("ptv_service_ids", sa.JSON, nullable=False),
        *_kept(),
    )
    op.create_index("channels_by_organisation", "channels", ["organisation_id", "channel_id"])
    op.create_table(
        "question_sets",
        sa.Column("question_set_id", sa.String(40), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("questions", sa.JSON, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
    )
    _create_eservices()
    op.create_table(
        "api_keys",
        sa.Column("key_id", sa.String(12), primary_key=True),
        sa.Column("label", sa.String(200), nullable=False),
        sa.Column("secret_hash", sa.String(64), nullable=False),
        sa.Column("scopes", sa.JSON, nullable=False),
        _organisation(nullable=True),
        sa.Column("eservice_ids", sa.JSON, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME),
        sa.Column("revoked_at", _TIME),
    )


def _create_outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("topic", sa.String(100), nullable=False),
        sa.Column("key", sa.LargeBinary, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("event_id", sa.String(36), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("published_at", _TIME),
        sqlite_autoincrement=True,
    )
    op.create_index("outbox_waiting", "outbox", ["published_at", "id"])


def _create_eservices() -> None:
    op.create_table(
        "eservices",
        sa.Column("eservice_id", sa.Uuid, primary_key=True),
        _organisation(nullable=False),
        sa.Column("names", sa.JSON, nullable=False),
        sa.Column("descriptions", sa.JSON, nullable=False),
        sa.Column("urls", sa.JSON, nullable=False),
        sa.Column("ptv_service_id", sa.Uuid),
        sa.Column("ptv_channel_id", sa.Uuid),
        sa.Column("question_set_id", sa.String(40), nullable=False),
        sa.Column("own_question", sa.JSON),
        sa.Column("allowed_origins", sa.JSON, nullable=False),
        sa.Column("is_open", sa.Boolean, nullable=False),
        sa.Column("is_published", sa.Boolean, nullable=False),
        sa.Column("is_comment_allowed", sa.Boolean, nullable=False),
        sa.Column("token_secret_version", sa.Integer, nullable=False),
        *_kept(),
    )
    op.create_index("eservices_by_organisation", "eservices", ["organisation_id", "eservice_id"])
    op.create_index(
        "eservices_by_ptv", "eservices", ["ptv_service_id", "ptv_channel_id"], unique=True
    )


def _organisation(*, nullable: bool) -> sa.Column[object]:
    return sa.Column(
        "organisation_id",
        sa.Uuid,
        sa.ForeignKey("organisations.organisation_id"),
        nullable=nullable,
    )


def _kept() -> list[sa.Column[object]]:
    return [
        sa.Column("source", sa.String(10), nullable=False),
        sa.Column("is_withdrawn", sa.Boolean, nullable=False),
        sa.Column("search_text", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("changed_at", _TIME, nullable=False),
    ]

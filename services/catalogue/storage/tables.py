"""The tables, as the migrations leave them; a test compares the two."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    Uuid,
)

from shared.outbox import outbox_table


class UtcTime(TypeDecorator[datetime]):
    """An instant: aware in Python, UTC in the store, whichever it is."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Store UTC; SQLite has no zones and would drop another one silently."""
        del dialect
        return value.astimezone(UTC) if value is not None else None

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:  # noqa: ANN401  the driver's
        """Return the instant with its zone."""
        del dialect
        if not isinstance(value, datetime):
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData()

outbox = outbox_table(metadata)

organisations = Table(
    "organisations",
    metadata,
    Column("organisation_id", Uuid, primary_key=True),
    Column("names", JSON, nullable=False),
    Column("business_code", String(20)),
    # PTV may name a parent that no file has brought, so this is no foreign key.
    Column("parent_organisation_id", Uuid),
    Column("source", String(10), nullable=False),
    Column("is_withdrawn", Boolean, nullable=False),
    Column("search_text", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("changed_at", UtcTime, nullable=False),
)

channels = Table(
    "channels",
    metadata,
    Column("channel_id", Uuid, primary_key=True),
    Column("organisation_id", ForeignKey("organisations.organisation_id"), nullable=False),
    Column("channel", String(20), nullable=False),
    Column("names", JSON, nullable=False),
    Column("urls", JSON, nullable=False),
    Column("ptv_service_ids", JSON, nullable=False),
    Column("hints", JSON(none_as_null=True)),
    Column("source", String(10), nullable=False),
    Column("is_withdrawn", Boolean, nullable=False),
    Column("search_text", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("changed_at", UtcTime, nullable=False),
    Index("channels_by_organisation", "organisation_id", "channel_id"),
)

question_sets = Table(
    "question_sets",
    metadata,
    Column("question_set_id", String(40), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("questions", JSON, nullable=False),
    Column("created_at", UtcTime, nullable=False),
)

eservices = Table(
    "eservices",
    metadata,
    Column("eservice_id", Uuid, primary_key=True),
    Column("organisation_id", ForeignKey("organisations.organisation_id"), nullable=False),
    Column("names", JSON, nullable=False),
    Column("descriptions", JSON, nullable=False),
    Column("urls", JSON, nullable=False),
    Column("ptv_service_id", Uuid),
    Column("ptv_channel_id", Uuid),
    Column("hints", JSON(none_as_null=True)),
    Column("question_set_id", String(40), nullable=False),
    Column("own_question", JSON(none_as_null=True)),
    Column("allowed_origins", JSON, nullable=False),
    Column("is_open", Boolean, nullable=False),
    Column("is_published", Boolean, nullable=False),
    Column("is_comment_allowed", Boolean, nullable=False),
    Column("token_secret_version", Integer, nullable=False),
    Column("min_ratings", Integer),
    Column("comment_retention_days", Integer),
    Column("source", String(10), nullable=False),
    Column("is_withdrawn", Boolean, nullable=False),
    Column("search_text", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("changed_at", UtcTime, nullable=False),
    Index("eservices_by_organisation", "organisation_id", "eservice_id"),
    Index("eservices_by_ptv", "ptv_service_id", "ptv_channel_id", unique=True),
)

thresholds = Table(
    "thresholds",
    metadata,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("min_ratings", Integer, nullable=False),
    Column("created_at", UtcTime, nullable=False),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("key_id", String(12), primary_key=True),
    Column("label", String(200), nullable=False),
    Column("secret_hash", String(64), nullable=False),
    Column("scopes", JSON, nullable=False),
    Column("organisation_id", ForeignKey("organisations.organisation_id")),
    Column("eservice_ids", JSON, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime),
    Column("revoked_at", UtcTime),
)

key_uses = Table(
    "key_uses",
    metadata,
    Column("key_id", String(12), primary_key=True),
    Column("last_used_at", UtcTime, nullable=False),
)

ptv_imports = Table(
    "ptv_imports",
    metadata,
    Column("began_at", UtcTime, primary_key=True),
    Column("finished_at", UtcTime, nullable=False),
    Column("is_everything", Boolean, nullable=False),
    Column("report", JSON, nullable=False),
)

ptv_runs = Table(
    "ptv_runs",
    metadata,
    Column("run_id", Uuid, primary_key=True),
    Column("began_at", UtcTime, nullable=False),
    Column("actor", JSON, nullable=False),
    Column("is_dry_run", Boolean, nullable=False),
    Column("is_everything", Boolean, nullable=False),
    Column("is_forced", Boolean, nullable=False),
    Column("state", String(10), nullable=False),
    # Whoever carries it out says this so often that silence means that nobody does any more.
    Column("alive_at", UtcTime, nullable=False),
    Column("step", String(200), nullable=False),
    Column("number", Integer),
    Column("total", Integer),
    Column("error_code", String(60)),
    Column("error", Text),
    Column("report", JSON(none_as_null=True)),
    Column("import_began_at", UtcTime),
    Index("ptv_runs_by_time", "began_at"),
)

people = Table(
    "people",
    metadata,
    Column("person_id", Uuid, primary_key=True),
    Column("issuer", String(300), nullable=False),
    Column("subject", String(300), nullable=False),
    Column("name", String(300), nullable=False),
    Column("email", String(300), nullable=False),
    Column("grants", JSON, nullable=False),
    Column("is_active", Boolean, nullable=False),
    Column("sessions_valid_from", UtcTime),
    Column("ended_sessions", JSON, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("version", Integer, nullable=False),
    Index("people_by_subject", "issuer", "subject", unique=True),
)

invitations = Table(
    "invitations",
    metadata,
    Column("invitation_id", Uuid, primary_key=True),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("email", String(300), nullable=False),
    Column("grant", JSON, nullable=False),
    # Within the grant, too: here it is searched by.
    Column("organisation_id", ForeignKey("organisations.organisation_id")),
    Column("invited_by", String(300), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("accepted_at", UtcTime),
    Column("accepted_by", Uuid),
    Column("withdrawn_at", UtcTime),
    Index("invitations_by_organisation", "organisation_id", "created_at"),
)

audit_trail = Table(
    "audit_trail",
    metadata,
    # One after the other without gaps, so that a missing entry shows.
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("actor", JSON, nullable=False),
    Column("change", String(60), nullable=False),
    Column("subject_id", String(60), nullable=False),
    Column("organisation_id", Uuid),
    Column("eservice_id", Uuid),
    Column("before", JSON(none_as_null=True)),
    Column("after", JSON(none_as_null=True)),
    Column("reason", Text, nullable=False),
    Column("previous_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Index("audit_trail_by_organisation", "organisation_id", "number"),
    Index("audit_trail_by_eservice", "eservice_id", "number"),
)

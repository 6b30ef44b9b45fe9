"""Create the list of keys' last uses, and let nobody change the audit trail.

Why:     an unused key should be revoked; a trail that can be changed proves nothing.
Read by: storage/session.py, storage/audit.py
Undo:    drop the table, the triggers on audit_trail, and the function refuse_change.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_REFUSAL = "the audit trail is never changed: entries are only added"

_SQLITE = (
    "audit_trail_no_update BEFORE UPDATE ON audit_trail",
    "audit_trail_no_delete BEFORE DELETE ON audit_trail",
    # INSERT OR REPLACE deletes without asking the one above.
    """
    audit_trail_no_replace BEFORE INSERT ON audit_trail
    WHEN EXISTS (SELECT 1 FROM audit_trail WHERE number = NEW.number)
    """,
)

_POSTGRESQL = (
    # A restored backup of an earlier release leaves the function behind.
    f"""
    CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '{_REFUSAL}';
    END
    $$
    """,
    """
    CREATE TRIGGER audit_trail_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_trail
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()
    """,
)


def upgrade() -> None:
    op.create_table(
        "key_uses",
        # No foreign key: a use may be told of a key that a restored store does not have.
        sa.Column("key_id", sa.String(12), primary_key=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=False),
    )
    if op.get_bind().dialect.name == "sqlite":
        for trigger in _SQLITE:
            op.execute(f"CREATE TRIGGER {trigger} BEGIN SELECT RAISE(ABORT, '{_REFUSAL}'); END")
    else:
        for statement in _POSTGRESQL:
            op.execute(statement)

"""Lets alembic run on the connection that migrate.py hands it, and on no other."""

from alembic import context

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=None)
context.run_migrations()

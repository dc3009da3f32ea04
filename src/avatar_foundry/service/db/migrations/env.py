"""Alembic's environment: the connection comes from `migrate`."""

from alembic import context

from avatar_foundry.service.db.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()

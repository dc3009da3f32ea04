"""Links that share an avatar, the server's secrets, uploads that are under way."""

import sqlalchemy as sa
from alembic import op

from avatar_foundry.service.db.tables import Utc

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("avatars", sa.Column("link_epoch", sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "server_secrets",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("value", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_server_secrets"),
    )
    op.create_table(
        "partial_uploads",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("owner_id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=160), nullable=False),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("parts", sa.JSON(), nullable=False),
        sa.Column("path", sa.String(length=160), nullable=True),
        sa.Column("created_at", Utc(timezone=True), nullable=False),
        sa.Column("expires_at", Utc(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name="fk_partial_uploads_owner_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_partial_uploads"),
    )
    op.create_index("ix_partial_uploads_owner_id", "partial_uploads", ["owner_id"], unique=False)
    op.create_index("ix_partial_uploads_expires_at", "partial_uploads", ["expires_at"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_partial_uploads_expires_at", table_name="partial_uploads")
    op.drop_index("ix_partial_uploads_owner_id", table_name="partial_uploads")
    op.drop_table("partial_uploads")
    op.drop_table("server_secrets")
    op.drop_column("avatars", "link_epoch")

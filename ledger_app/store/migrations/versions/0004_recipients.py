"""The tables of recipients: who has which certificate, what they were told, and their webhooks."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "certificate_recipients",
        sa.Column("leaf", sa.String(length=66), nullable=False),
        sa.Column("recipient", sa.String(length=66), nullable=False),
        sa.Column("owner", sa.String(length=66), nullable=False),
        sa.Column("digest", sa.String(length=66), nullable=False),
        sa.Column("issuer", sa.String(length=66), nullable=True),
        sa.Column("batch", sa.String(length=66), nullable=True),
        sa.Column("certificate_id", sa.String(length=32), nullable=True),
        sa.Column("number", sa.String(length=128), nullable=True),
        sa.Column("allowance", sa.BigInteger(), nullable=True),
        sa.Column("valid_until", sa.BigInteger(), nullable=True),
        sa.Column("sent_at", sa.BigInteger(), nullable=True),
        sa.Column("sent_by", sa.String(length=66), nullable=True),
        sa.Column("fetched_at", sa.BigInteger(), nullable=True),
        sa.Column("received_at", sa.BigInteger(), nullable=True),
        sa.Column("since_block", sa.BigInteger(), nullable=False),
        sa.Column("expiry_told", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("leaf", "recipient", name=op.f("pk_certificate_recipients")),
    )
    op.create_index(
        op.f("ix_certificate_recipients_batch"), "certificate_recipients", ["batch"], unique=False
    )
    op.create_index(
        op.f("ix_certificate_recipients_certificate_id"),
        "certificate_recipients",
        ["certificate_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_certificate_recipients_expiry_told_valid_until"),
        "certificate_recipients",
        ["expiry_told", "valid_until"],
        unique=False,
    )
    op.create_index(
        op.f("ix_certificate_recipients_recipient"), "certificate_recipients", ["recipient"], unique=False
    )
    op.create_table(
        "notices",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("message", sa.String(length=40), nullable=False),
        sa.Column("recipient", sa.String(length=66), nullable=False),
        sa.Column("type", sa.String(length=40), nullable=False),
        sa.Column("leaf", sa.String(length=66), nullable=True),
        sa.Column("certificate_id", sa.String(length=32), nullable=True),
        sa.Column("change", sa.String(length=80), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("undone", sa.Boolean(), nullable=False),
        sa.Column("block_number", sa.BigInteger(), nullable=True),
        sa.Column("block_hash", sa.String(length=66), nullable=True),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        sa.UniqueConstraint("message", name=op.f("uq_notices_message")),
        sa.UniqueConstraint("recipient", "change", "turn", name=op.f("uq_notices_recipient_change_turn")),
    )
    op.create_index(op.f("ix_notices_block_number"), "notices", ["block_number"], unique=False)
    op.create_index(op.f("ix_notices_change"), "notices", ["change"], unique=False)
    op.create_index(op.f("ix_notices_recipient_id"), "notices", ["recipient", "id"], unique=False)
    op.create_table(
        "webhook_attempts",
        sa.Column("delivery_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("ms", sa.Integer(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("error", sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint("delivery_id", "number", name=op.f("pk_webhook_attempts")),
    )
    op.create_table(
        "webhook_deliveries",
        sa.Column(
            "id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False
        ),
        sa.Column("endpoint_id", sa.String(length=32), nullable=False),
        sa.Column("notice_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("error", sa.String(length=32), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_deliveries")),
        sa.UniqueConstraint(
            "endpoint_id", "notice_id", name=op.f("uq_webhook_deliveries_endpoint_id_notice_id")
        ),
    )
    op.create_index(
        op.f("ix_webhook_deliveries_endpoint_id_state_next_at"),
        "webhook_deliveries",
        ["endpoint_id", "state", "next_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_webhook_deliveries_state_updated_at"),
        "webhook_deliveries",
        ["state", "updated_at"],
        unique=False,
    )
    op.create_table(
        "webhook_endpoints",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("organisation", sa.String(length=66), nullable=False),
        sa.Column("outside", sa.Boolean(), nullable=False),
        sa.Column("label", sa.String(length=200), nullable=False),
        sa.Column("host", sa.String(length=260), nullable=False),
        sa.Column("types", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_since", sa.BigInteger(), nullable=True),
        sa.Column("not_before", sa.BigInteger(), nullable=False),
        sa.Column("delivered_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook_endpoints")),
    )
    op.create_index(
        op.f("ix_webhook_endpoints_organisation_state"),
        "webhook_endpoints",
        ["organisation", "state"],
        unique=False,
    )
    op.create_index(op.f("ix_webhook_endpoints_state"), "webhook_endpoints", ["state"], unique=False)

    # Who brought a bundle before recipients were kept is told of what comes from now on.
    op.execute(
        "INSERT INTO certificate_recipients"
        " (leaf, recipient, owner, digest, received_at, since_block, expiry_told)"
        " SELECT leaf, organisation, organisation, digest, created_at,"
        " COALESCE((SELECT MAX(number) FROM chain_blocks), -1), false FROM received_bundles"
    )


def downgrade() -> None:
    op.drop_table("webhook_attempts")
    op.drop_table("webhook_deliveries")
    op.drop_table("webhook_endpoints")
    op.drop_table("notices")
    op.drop_table("certificate_recipients")

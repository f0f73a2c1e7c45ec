"""The tables of applications, evidence and number ranges; who uses a token."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("tokens", sa.Column("person", sa.String(length=200), nullable=True))
    op.create_table(
        "applications",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("applicant", sa.String(length=66), nullable=False),
        sa.Column("issuer", sa.String(length=66), nullable=False),
        sa.Column("scheme", sa.String(length=31), nullable=True),
        sa.Column("stage", sa.String(length=24), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("turns", sa.Integer(), nullable=False),
        sa.Column("four_eyes", sa.Boolean(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("act_id", sa.String(length=32), nullable=True),
        sa.Column("certificate_id", sa.String(length=32), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_applications")),
    )
    for columns in (["applicant", "id"], ["issuer", "id"], ["act_id"], ["certificate_id"]):
        op.create_index(op.f("ix_applications_" + "_".join(columns)), "applications", columns)
    op.create_table(
        "application_steps",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("application_id", sa.String(length=32), nullable=False),
        sa.Column("step", sa.String(length=16), nullable=False),
        sa.Column("stage", sa.String(length=24), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("organisation", sa.String(length=66), nullable=False),
        sa.Column("act_id", sa.String(length=32), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_application_steps")),
        sa.UniqueConstraint(
            "application_id", "version", name=op.f("uq_application_steps_application_id_version")
        ),
    )
    op.create_table(
        "attachments",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("application_id", sa.String(length=32), nullable=False),
        sa.Column("digest", sa.String(length=66), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachments")),
        sa.UniqueConstraint("application_id", "digest", name=op.f("uq_attachments_application_id_digest")),
    )
    op.create_table(
        "attachment_parts",
        sa.Column("attachment_id", sa.String(length=32), nullable=False),
        sa.Column("part", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("attachment_id", "part", name=op.f("pk_attachment_parts")),
    )
    op.create_table(
        "attachments_shared",
        sa.Column("enquiry_id", sa.String(length=66), nullable=False),
        sa.Column("attachment_id", sa.String(length=32), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("enquiry_id", "attachment_id", name=op.f("pk_attachments_shared")),
    )
    op.create_table(
        "number_ranges",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("issuer", sa.String(length=66), nullable=False),
        sa.Column("scheme", sa.String(length=31), nullable=True),
        sa.Column("pattern", sa.String(length=80), nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_number_ranges")),
    )
    op.create_index(op.f("ix_number_ranges_issuer_id"), "number_ranges", ["issuer", "id"])
    op.create_table(
        "number_counters",
        sa.Column("range_id", sa.String(length=32), nullable=False),
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("range_id", "year", name=op.f("pk_number_counters")),
    )


def downgrade() -> None:
    for table in (
        "number_counters",
        "number_ranges",
        "attachments_shared",
        "attachment_parts",
        "attachments",
        "application_steps",
        "applications",
    ):
        op.drop_table(table)
    with op.batch_alter_table("tokens", schema=None) as batch_op:
        batch_op.drop_column("person")

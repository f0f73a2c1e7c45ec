"""The tables of search. Certificates that are there already are taken in by the service, newest first."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    by_bytes = sa.String(length=128).with_variant(sa.String(length=128, collation="C"), "postgresql")
    op.create_table(
        "certificate_search",
        sa.Column("ordinal", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("certificate_id", sa.String(length=32), nullable=False),
        sa.Column("act_id", sa.String(length=32), nullable=False),
        sa.Column("number", by_bytes, nullable=False),
        sa.Column("allowance", sa.BigInteger(), nullable=False),
        sa.Column("issued", sa.Integer(), nullable=False),
        sa.Column("valid_from", sa.Integer(), nullable=False),
        sa.Column("valid_until", sa.Integer(), nullable=False),
        sa.Column("terms", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("ordinal", name=op.f("pk_certificate_search")),
        sa.UniqueConstraint("certificate_id", name=op.f("uq_certificate_search_certificate_id")),
    )
    op.create_index(op.f("ix_certificate_search_act_id"), "certificate_search", ["act_id"], unique=False)
    op.create_index(
        op.f("ix_certificate_search_number_ordinal"),
        "certificate_search",
        ["number", "ordinal"],
        unique=False,
    )
    op.create_table(
        "search_postings",
        sa.Column("term", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("segment", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("bits", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("term", "segment", name=op.f("pk_search_postings")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "search_days",
        sa.Column("field", sa.String(length=12), nullable=False),
        sa.Column("segment", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("low", sa.Integer(), nullable=False),
        sa.Column("high", sa.Integer(), nullable=False),
        sa.Column("slices", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("field", "segment", name=op.f("pk_search_days")),
    )


def downgrade() -> None:
    op.drop_table("search_days")
    op.drop_table("search_postings")
    op.drop_index(op.f("ix_certificate_search_number_ordinal"), table_name="certificate_search")
    op.drop_index(op.f("ix_certificate_search_act_id"), table_name="certificate_search")
    op.drop_table("certificate_search")

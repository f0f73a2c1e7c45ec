"""The tables of imports."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "import_jobs",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("organisation", sa.String(66), nullable=False),
        sa.Column("file", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("page_rows", sa.Integer(), nullable=False),
        sa.Column("page_size", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("reason", sa.String(64), nullable=True),
        sa.Column("rows", sa.BigInteger(), nullable=False),
        sa.Column("ready", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.BigInteger(), nullable=False),
        sa.Column("repeated", sa.BigInteger(), nullable=False),
        sa.Column("maker", sa.String(32), nullable=False),
        sa.Column("maker_person", sa.String(200), nullable=False),
        sa.Column("approver", sa.String(32), nullable=True),
        sa.Column("approver_person", sa.String(200), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_jobs")),
    )
    op.create_index(op.f("ix_import_jobs_organisation_id"), "import_jobs", ["organisation", "id"])
    op.create_index(op.f("ix_import_jobs_organisation_file"), "import_jobs", ["organisation", "file"])
    op.create_index(op.f("ix_import_jobs_state_id"), "import_jobs", ["state", "id"])
    op.create_table(
        "import_pages",
        sa.Column("job_id", sa.String(32), nullable=False),
        sa.Column("page", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("first_row", sa.BigInteger(), nullable=False),
        sa.Column("ready", sa.Integer(), nullable=False),
        sa.Column("waiting", sa.Boolean(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=True),
        sa.Column("report", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("job_id", "page", name=op.f("pk_import_pages")),
    )
    op.create_index(
        op.f("ix_import_pages_job_id_waiting_page"), "import_pages", ["job_id", "waiting", "page"]
    )
    op.create_table(
        "import_rows",
        sa.Column("organisation", sa.String(66), nullable=False),
        sa.Column("content", sa.String(64), nullable=False),
        sa.Column("job_id", sa.String(32), nullable=False),
        sa.Column("page", sa.Integer(), nullable=False),
        sa.Column("row", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.String(128), nullable=False),
        sa.Column("certificate_id", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("organisation", "content", name=op.f("pk_import_rows")),
    )
    op.create_index(op.f("ix_import_rows_job_id_page_row"), "import_rows", ["job_id", "page", "row"])
    op.create_index(op.f("ix_import_rows_organisation_number"), "import_rows", ["organisation", "number"])
    op.create_table(
        "import_acts",
        sa.Column("job_id", sa.String(32), nullable=False),
        sa.Column("act_id", sa.String(32), nullable=False),
        sa.Column("certificates", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("job_id", "act_id", name=op.f("pk_import_acts")),
    )


def downgrade() -> None:
    for name in ("import_acts", "import_rows", "import_pages", "import_jobs"):
        op.drop_table(name)

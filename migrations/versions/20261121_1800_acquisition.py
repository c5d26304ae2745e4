"""How the images of a series were acquired; of series stored before it is not known."""

import sqlalchemy as sa
from alembic import op

revision = "20261121_1800"
down_revision = "20261121_1200"


def upgrade() -> None:
    op.add_column("series", sa.Column("acquisition", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("series", "acquisition")

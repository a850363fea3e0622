"""A transfer names the round that its stake was for, and a round's transfers are found by their time."""

from pathlib import Path

from alembic import op
from sqlalchemy.util import await_only

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Run the SQL file beside this one: the driver's own cursor takes many statements at once."""
    sql = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    driver = op.get_bind().connection.driver_connection
    assert driver is not None  # noqa: S101 - an open connection has one
    await_only(driver.execute(sql))

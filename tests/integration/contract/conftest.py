"""A process with one table, as the tests of the socket edge have it, and what it logs."""

from tests.integration.sockets.conftest import casino
from tests.unit.telemetry.test_logs import output

__all__ = ["casino", "output"]

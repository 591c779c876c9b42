"""What the tests of the Orders' room run against."""

from tests.controller.orders.plane import ca, flags, live, plane

__all__ = ["ca", "flags", "live", "plane"]

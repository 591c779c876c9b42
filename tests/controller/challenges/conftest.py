"""What the tests of the Challenges' room run against."""

from tests.controller.orders.plane import ca, flags, live, plane

__all__ = ["ca", "flags", "live", "plane"]

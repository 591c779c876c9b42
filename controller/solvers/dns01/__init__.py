"""DNS-01 (RFC 8555 section 8.4) through RFC 2136 updates: publish, check, take away."""

from controller.solvers.dns01.record import record_name
from controller.solvers.dns01.rfc2136 import Written
from controller.solvers.dns01.solver import Dns01

__all__ = ["Dns01", "Written", "record_name"]

"""DNS-01 (RFC 8555 section 8.4) through RFC 2136 updates: publish, check, take away."""

from controller.solvers.dns01.record import record_name
from controller.solvers.dns01.rfc2136 import Written
from controller.solvers.dns01.solver import Dns01
from controller.solvers.dns01.statements import Check
from controller.solvers.dns01.timing import check_again_at

__all__ = ["Check", "Dns01", "Written", "check_again_at", "record_name"]

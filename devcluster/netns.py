"""`python -m devcluster.netns COMMAND...`: the command in a network namespace of its own.

In there `lo` is up and has the addresses RESPONDER and ROUTER, and their IPv6 twins: addresses that
are not loopback, so an EndpointSlice may hold them, and whose port 80 is free. Nothing leads out.
As root a network namespace is all it takes, otherwise a user namespace maps the user to root. Where
the system allows neither, the command runs without, and KUBECTL_ORDER_NO_NETNS says why.
"""

import ctypes
import errno
import fcntl
import ipaddress
import os
import socket
import struct
import sys
from contextlib import suppress
from pathlib import Path

RESPONDER, RESPONDER6 = "10.99.0.1", "fd99::1"
ROUTER, ROUTER6 = "10.99.0.2", "fd99::2"
INSIDE, WITHOUT = "KUBECTL_ORDER_NETNS", "KUBECTL_ORDER_NO_NETNS"

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
SIOCGIFFLAGS, SIOCSIFFLAGS, IFF_UP = 0x8913, 0x8914, 0x1
RTM_NEWADDR, RTM_DELADDR = 20, 21
NLM_F_REQUEST, NLM_F_ACK, NLM_F_REPLACE, NLM_F_CREATE = 0x1, 0x4, 0x100, 0x400
IFA_ADDRESS, IFA_LOCAL, IFA_F_NODAD = 1, 2, 0x2


def missing() -> str:
    """Why this process is not in a namespace of its own; "" when it is."""
    if os.environ.get(INSIDE) == "1":
        return ""
    why = os.environ.get(WITHOUT)
    if why:
        return f"no network namespace: {why}"
    return "not in a network namespace: use `python -m devcluster.netns COMMAND`"


def add_address(ip: str) -> None:
    """Give `lo` that address, IPv4 or IPv6; it may have it already.

    Sockets that were bound to it before it was removed work again. RuntimeError outside.
    """
    _refuse_outside()
    _change(RTM_NEWADDR, ip)


def remove_address(ip: str) -> None:
    """Take that address from `lo`, if it has it: connecting to it then fails at once (no route).

    RuntimeError outside of a namespace.
    """
    _refuse_outside()
    try:
        _change(RTM_DELADDR, ip)
    except OSError as error:
        if error.errno != errno.EADDRNOTAVAIL:
            raise


def main(command: list[str]) -> int:
    """Become the command, in a namespace where that is possible; returns only if it cannot."""
    if not command:
        print(__doc__, file=sys.stderr)
        return 2
    environment = {k: v for k, v in os.environ.items() if k not in (INSIDE, WITHOUT)}
    why = _why_not()
    if why:
        print(f"no network namespace, going on without one: {why}", file=sys.stderr)
        environment[WITHOUT] = why
    else:
        _enter()
        environment[INSIDE] = "1"
    try:
        os.execvpe(command[0], command, environment)  # noqa: S606 - the caller's command
    except OSError as error:
        print(f"{command[0]}: {error.strerror}", file=sys.stderr)
        return 127


def _why_not() -> str:
    """What goes wrong on the way in, "" if nothing: a child tries, as there is no way back."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        try:
            _enter()
        except BaseException as error:
            os.write(writing, str(error).encode() or b"failed")
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as said:
        why = said.read()
    os.waitpid(child, 0)
    return why


def _enter() -> None:
    if os.getuid() == 0:
        with suppress(OSError):
            _unshare(CLONE_NEWNET)
            _configure()
            return
    user, group = os.getuid(), os.getgid()
    _unshare(CLONE_NEWUSER | CLONE_NEWNET)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"0 {user} 1")
    Path("/proc/self/gid_map").write_text(f"0 {group} 1")
    _configure()


def _unshare(flags: int) -> None:
    if ctypes.CDLL(None, use_errno=True).unshare(flags):
        code = ctypes.get_errno()
        raise OSError(code, f"unshare: {os.strerror(code)}")


def _configure() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as handle:
        request = fcntl.ioctl(handle, SIOCGIFFLAGS, struct.pack("16sH14x", b"lo", 0))
        flags = struct.unpack("16sH14x", request)[1]
        fcntl.ioctl(handle, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", flags | IFF_UP))
    for ip in (RESPONDER, ROUTER):
        _change(RTM_NEWADDR, ip)
    for ip in (RESPONDER6, ROUTER6):
        with suppress(OSError):  # a kernel without IPv6
            _change(RTM_NEWADDR, ip)


def _change(kind: int, ip: str) -> None:
    """Ask the kernel (rtnetlink) to add or delete the address, with no network around it."""
    address = ipaddress.ip_address(ip)
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    body = struct.pack(
        "BBBBI", family, address.max_prefixlen, IFA_F_NODAD, 0, socket.if_nametoindex("lo")
    )
    for attribute in (IFA_LOCAL, IFA_ADDRESS):
        body += struct.pack("HH", 4 + len(address.packed), attribute) + address.packed
    flags = NLM_F_REQUEST | NLM_F_ACK
    if kind == RTM_NEWADDR:
        flags |= NLM_F_CREATE | NLM_F_REPLACE
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as handle:
        handle.sendto(struct.pack("IHHII", 16 + len(body), kind, flags, 1, 0) + body, (0, 0))
        answer = handle.recv(4096)
    code = -struct.unpack_from("i", answer, 16)[0]
    if code:
        raise OSError(code, f"{ip} on lo: {os.strerror(code)}")


def _refuse_outside() -> None:
    if missing():
        raise RuntimeError(missing())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

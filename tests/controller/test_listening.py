"""Where servers listen, and what is said where they cannot."""

import socket

import pytest

from controller.listening import CannotListen, listen, shown


def reached(family: socket.AddressFamily, address: str, port: int) -> bool:
    with socket.socket(family) as client:
        return client.connect_ex((address, port)) == 0


async def test_without_a_host_both_families_are_heard() -> None:
    with await listen(":0") as listening:
        port = listening.getsockname()[1]
        assert shown(listening) == f"[::]:{port}"
        assert reached(socket.AF_INET, "127.0.0.1", port)
        assert reached(socket.AF_INET6, "::1", port)


async def test_a_host_without_ipv6_listens_by_ipv4(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "has_dualstack_ipv6", lambda: False)
    with await listen(":0") as listening:
        port = listening.getsockname()[1]
        assert shown(listening) == f"0.0.0.0:{port}"
        assert reached(socket.AF_INET, "127.0.0.1", port)


@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6], ids=["ipv4", "ipv6"])
async def test_an_address_that_is_taken_is_told_of(family: socket.AddressFamily) -> None:
    """Also where it is free for one of the families."""
    with socket.create_server(("", 0), family=family) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(CannotListen) as refused:
            await listen(f":{port}")
    assert str(refused.value) == f'cannot listen on ":{port}": Address already in use'


@pytest.mark.parametrize("address", ["no.such.host.invalid:0", "127.0.0.1:x"])
async def test_what_is_no_address_is_told_of(address: str) -> None:
    with pytest.raises(CannotListen, match=f'cannot listen on "{address}": .'):
        await listen(address)


@pytest.mark.parametrize("address", ["127.0.0.1:0", "localhost:0", "[::1]:0"])
async def test_what_is_shown_can_be_listened_on(address: str) -> None:
    with await listen(address) as listening:
        told = shown(listening)
    with await listen(told) as again:
        assert shown(again) == told

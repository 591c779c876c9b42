"""DNS-01 from end to end: publish the value, look whether it can be seen, take it away.

Knows nothing of Challenges: name and value come in, what was done or seen goes out. Refuses to wait
between checks (`timing.check_again_at` says when the next is due) and to remember anything.
"""

from collections.abc import Sequence

from controller.solvers.check import Check, bounded
from controller.solvers.credentials import Credentials
from controller.solvers.dns01 import rfc2136
from controller.solvers.dns01.cname import Followed, follow
from controller.solvers.dns01.propagation import Authorities, hear_recursive
from controller.solvers.dns01.provider import only_rfc2136
from controller.solvers.dns01.record import record_name
from controller.solvers.dns01.rfc2136 import Change, Written
from controller.solvers.dns01.statements import verdict
from controller.solvers.errors import LookupFailed, Misconfigured
from controller.solvers.lookup import servers
from controller.solvers.lookup.resolver import Resolver, system_servers
from controller.solvers.lookup.servers import DNS_PORT, Server
from orderapi.solver import Dns01 as Dns01Spec

FLAG = "--dns01-recursive-nameservers"


class Dns01:
    """Answers DNS-01 challenges as a solver's `dns01` part says.

    `recursive_nameservers` ("ip:port"; those of the system when empty) find zones and CNAMEs; with
    `recursive_only`, checks ask them alone. Otherwise checks ask the zone's own servers on `port`,
    which is 53 by the protocol. `allow_special_addresses` lets solvers and zones name loopback
    addresses.
    """

    def __init__(
        self,
        recursive_nameservers: Sequence[str],
        recursive_only: bool,
        allow_special_addresses: bool,
        port: int = DNS_PORT,
    ) -> None:
        self._recursive = tuple(recursive_nameservers)
        self._recursive_only = recursive_only
        self._allow = allow_special_addresses
        self._port = port

    async def present(
        self, domain: str, value: str, solver: Dns01Spec, credentials: Credentials
    ) -> Written:
        """Publish the value beside others of the same name; once more is the same as once."""
        return await self._change("add", domain, value, solver, credentials)

    async def clean_up(
        self, domain: str, value: str, solver: Dns01Spec, credentials: Credentials
    ) -> Written:
        """Take this value away and no other; that it is gone already is success."""
        return await self._change("remove", domain, value, solver, credentials)

    async def check(
        self, domain: str, value: str, solver: Dns01Spec, credentials: Credentials
    ) -> Check:
        """Whether the value can be seen now, CNAMEs followed; failed look-ups are a failed check.

        Raises Misconfigured and Unsupported for settings that nothing can be asked with.
        """
        del credentials  # what the world sees needs none; other providers ask their own API
        name = record_name(domain)
        asked = await self._recursive_servers(solver)
        resolver = Resolver(asked)
        notes: list[str] = []
        try:
            followed = await follow(name, resolver.lookup)
            notes = _notes(followed, solver)
            if solver.nameservers or self._recursive_only:
                heard = await hear_recursive(asked, followed.name, value)
            else:
                authorities = Authorities(resolver, self._port, self._allow)
                heard = await authorities.hear(followed.name, value)
        except LookupFailed as failed:
            return Check(False, bounded([*notes, str(failed)]))
        return verdict(heard, notes=notes)

    async def _change(
        self, change: Change, domain: str, value: str, solver: Dns01Spec, credentials: Credentials
    ) -> Written:
        provider = only_rfc2136(solver)
        resolver = Resolver(await self._recursive_servers(solver))
        primary = await rfc2136.primary(
            provider, credentials, allow=self._allow, lookup=resolver.lookup
        )
        name = record_name(domain)
        if _follows(solver):
            name = (await follow(name, resolver.lookup)).name
        return await primary.change(change, name, value)

    async def _recursive_servers(self, solver: Dns01Spec) -> tuple[Server, ...]:
        """The solver's servers, the controller's, or the system's: the first that are given."""
        if solver.nameservers:
            return await _servers(solver.nameservers, "dns01.nameservers", allow=self._allow)
        if self._recursive:
            return await _servers(self._recursive, FLAG, allow=True)
        return system_servers()


def _notes(followed: Followed, solver: Dns01Spec) -> list[str]:
    """What a person must know about CNAMEs to understand the evidence."""
    unfollowed = followed.through and not _follows(solver)
    hint = "cnameStrategy is not Follow, so the value was not written there" if unfollowed else ""
    return [note for note in (followed.note, hint) if note]


def _follows(solver: Dns01Spec) -> bool:
    match (solver.cname_strategy or "None").lower():
        case "none":
            return False
        case "follow":
            return True
    raise Misconfigured(
        f'dns01.cnameStrategy is "{solver.cname_strategy}"; known are None and Follow.'
    )


async def _servers(texts: Sequence[str], field: str, *, allow: bool) -> tuple[Server, ...]:
    found: list[Server] = []
    for text in texts:
        found += await servers.addresses(servers.parse(text, field=field), allow=allow)
    return tuple(dict.fromkeys(found))

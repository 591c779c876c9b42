"""What is looked at: one name of the Order, how it is proved, and what the CA is called. Pure."""

import ipaddress
from dataclasses import dataclass, replace

from kubectl_order.facts import Chain
from orderapi import challenge as api
from orderapi import states
from orderapi.challenge import Challenge
from orderapi.issuer import ClusterIssuer, Issuer


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """One name. `challenge` is None where there is none (yet, or no more).

    `identities` are the names that CAA records may name the CA by, `account` the URL of the ACME
    account; empty where they are not known.
    """

    name: str
    wildcard: bool
    challenge: Challenge | None
    identities: tuple[str, ...] = ()
    account: str = ""

    @property
    def is_address(self) -> bool:
        """Whether it is an IP address, which DNS has nothing to say about."""
        try:
            ipaddress.ip_address(self.name)
        except ValueError:
            return False
        return True

    @property
    def shown(self) -> str:
        """As it stands in the certificate."""
        return f"*.{self.name}" if self.wildcard else self.name

    @property
    def type(self) -> str:
        """The type of its challenge; empty without one."""
        return self.challenge.spec.type if self.challenge is not None else ""

    @property
    def open(self) -> bool:
        """Whether its answer ought to be published now."""
        return self.challenge is not None and self.challenge.status.state not in states.FINAL

    def asking(self, identities: tuple[str, ...]) -> "Subject":
        """The same, of a CA with these names."""
        return replace(self, identities=identities)


def subjects(chain: Chain) -> list[Subject]:
    """The names of the chain; those with a Challenge that is not valid come first."""
    account = ""
    if isinstance(chain.issuer, Issuer | ClusterIssuer):
        account = chain.issuer.status.acme.uri
    proofs = {(one.spec.dns_name, bool(one.spec.wildcard)): one for one in chain.challenges}
    found = [
        Subject(
            name=name, wildcard=wildcard, challenge=proofs.get((name, wildcard)), account=account
        )
        for name, wildcard in _names(chain)
    ]
    return sorted(
        found, key=lambda one: one.challenge is None or one.challenge.status.state == "valid"
    )


def _names(chain: Chain) -> list[tuple[str, bool]]:
    named = chain.order or chain.certificate
    if named is None:
        return []
    spec = named.spec
    common = (spec.common_name,) if spec.common_name else ()
    every = dict.fromkeys((*common, *spec.dns_names, *spec.ip_addresses))
    return [(name.removeprefix("*."), name.startswith("*.")) for name in every]


def answers_http(subject: Subject) -> bool:
    """Whether the CA will fetch something from it."""
    return subject.type == api.HTTP01

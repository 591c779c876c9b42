"""What is done in DNS for a DNS-01 Challenge, and with which Secrets.

A Secret is read when its content is used, in the one namespace that the issuer may name. Refuses to
decide whether a Challenge may be published: who calls has made sure of it.
"""

from dataclasses import dataclass

from controller.challenges.knowledge import Purse
from controller.cluster import Cluster
from controller.issuerref import credentials_namespace
from controller.runtime.errors import NotFound
from controller.runtime.objects import SECRET
from controller.settings import Settings
from controller.solvers.check import Check
from controller.solvers.credentials import Credentials, secret_refs
from controller.solvers.dns01 import Dns01
from controller.solvers.errors import BadCredentials, Misconfigured
from controller.solvers.fingerprint import fingerprint
from orderapi.challenge import Challenge
from orderapi.issuer import AnyIssuer
from orderapi.solver import Dns01 as Dns01Spec


class CredentialsGone(BadCredentials):
    """The Secret that the solver names, or the issuer with it, does not exist."""


class NotOurs(BadCredentials):
    """What the Challenge says to be published is no answer of its issuer's account."""


@dataclass(frozen=True, slots=True)
class Records:
    """Publishes TXT records, checks them and takes them away; raises SolverError or ApiError."""

    cluster: Cluster
    settings: Settings
    dns01: Dns01
    purse: Purse

    async def present(self, challenge: Challenge, issuer: AnyIssuer) -> None:
        """Publish the value, and hold its credentials until it is taken away."""
        credentials = await self._read(challenge, issuer)
        spec = challenge.spec
        self.purse.hold(challenge.metadata.uid, credentials, used_for=fingerprint(spec))
        await self.dns01.present(spec.dns_name, spec.key, _solver(challenge), credentials)

    async def check(self, challenge: Challenge) -> Check:
        """Whether the value can be seen."""
        spec = challenge.spec
        credentials = self._held(challenge) or Credentials({})
        return await self.dns01.check(spec.dns_name, spec.key, _solver(challenge), credentials)

    async def clean_up(self, challenge: Challenge, issuer: AnyIssuer | None) -> None:
        """Take the value away, with the credentials that are held or read anew."""
        spec = challenge.spec
        credentials = self._held(challenge)
        if credentials is None:
            credentials = await self._read(challenge, issuer)
        await self.dns01.clean_up(spec.dns_name, spec.key, _solver(challenge), credentials)

    def secrets(self, challenge: Challenge, issuer: AnyIssuer | None) -> list[tuple[str, str]]:
        """Namespace and name of each Secret that the solver names."""
        if issuer is None:
            return []
        namespace = credentials_namespace(issuer, self.settings)
        names = dict.fromkeys(ref.name for ref in secret_refs(challenge.spec.solver))
        return [(namespace, name) for name in names]

    def _held(self, challenge: Challenge) -> Credentials | None:
        return self.purse.get(challenge.metadata.uid, used_for=fingerprint(challenge.spec))

    async def _read(self, challenge: Challenge, issuer: AnyIssuer | None) -> Credentials:
        if issuer is None:
            raise CredentialsGone("The issuer with the credentials does not exist any more.")
        named = {(ref.name, ref.key) for ref in secret_refs(challenge.spec.solver)}
        values: dict[tuple[str, str], bytes] = {}
        for namespace, name in self.secrets(challenge, issuer):
            try:
                secret = await self.cluster.kube.get(SECRET, namespace, name)
            except NotFound as error:
                raise CredentialsGone(
                    f'Secret "{name}" in namespace "{namespace}", which the solver names, does not '
                    f"exist. Create it, or correct the solver of the issuer."
                ) from error
            values |= {(name, k): v for k, v in secret.data.items() if (name, k) in named}
        return Credentials(values)


def _solver(challenge: Challenge) -> Dns01Spec:
    solver = challenge.spec.solver.dns01
    if solver is None:
        raise Misconfigured("The solver of the Challenge has no dns01 part.")
    return solver

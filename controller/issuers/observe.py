"""An issuer and the Secrets that it names, as one Observed. Changes nothing.

Secrets are read in one namespace alone, and for an issuer that stands as registered not at all.
"""

from dataclasses import dataclass
from typing import TypeAlias

from controller.accounts import Accounts, KeyFault, read_account_key
from controller.acme import AccountKey, ExternalAccount, Misconfigured
from controller.cluster import Cluster
from controller.issuerref import credentials_namespace
from controller.issuers import sentences
from controller.issuers.knowledge import Notebook
from controller.issuers.observed import Binding, Fault, KeyMissing, Observed, Secrets
from controller.issuers.standing import left_alone
from controller.runtime.errors import Forbidden, NotFound
from controller.runtime.objects import SECRET, Secret
from controller.settings import Settings
from controller.solvers.credentials import secret_refs
from orderapi.defaults import account_key_name
from orderapi.issuer import AcmeIssuer, AnyIssuer
from orderapi.references import SecretKeySelector

_Read: TypeAlias = Secret | Fault | None
"""A Secret; a Fault where it may not be read; None where there is none."""


@dataclass(frozen=True, slots=True)
class Observer:
    """Looks at issuers; remembers nothing itself."""

    cluster: Cluster
    settings: Settings
    accounts: Accounts
    notebook: Notebook

    async def observe(self, issuer: AnyIssuer) -> Observed:
        """The issuer as it is now."""
        namespace = credentials_namespace(issuer, self.settings)
        doubted, uid = self.accounts.doubted(issuer), issuer.metadata.uid
        acme = issuer.spec.acme
        enrolled = self.notebook.enrolled(uid)
        needless = left_alone(issuer, doubted=doubted, enrolled=enrolled)
        secrets = None
        if acme is not None and acme.private_key_secret_ref.name and not needless:
            secrets = await _Reader(self.cluster, namespace).read(acme)
        return Observed(
            issuer=issuer,
            now=self.cluster.clock.now(),
            namespace=namespace,
            doubted=doubted,
            secrets=secrets,
            trouble=self.notebook.trouble(uid),
            enrolled=enrolled,
        )


class _Reader:
    """Reads each Secret of one namespace once."""

    def __init__(self, cluster: Cluster, namespace: str) -> None:
        self._cluster = cluster
        self._namespace = namespace
        self._read: dict[str, _Read] = {}

    async def read(self, acme: AcmeIssuer) -> Secrets:
        """All that the issuer names."""
        return Secrets(
            key=await self._key(acme),
            binding=await self._binding(acme),
            solvers=await self._solvers(acme),
        )

    async def _key(self, acme: AcmeIssuer) -> AccountKey | KeyMissing | Fault:
        name = acme.private_key_secret_ref.name
        secret = await self._secret(name)
        if secret is None:
            return KeyMissing()
        if isinstance(secret, Fault):
            return secret
        try:
            return await read_account_key(secret, account_key_name(acme))
        except KeyFault as error:
            return Fault(name, str(error))

    async def _binding(self, acme: AcmeIssuer) -> Binding:
        eab = acme.external_account_binding
        if eab is None:
            return None
        value = await self._entry(eab.key_secret_ref)
        if isinstance(value, Fault):
            return value
        try:
            return ExternalAccount.read(eab.key_id, value, eab.key_algorithm)
        except Misconfigured as error:
            name = eab.key_secret_ref.name
            return Fault(name, f'secret "{name}": {error}')

    async def _solvers(self, acme: AcmeIssuer) -> tuple[Fault, ...]:
        refs = [ref for solver in acme.solvers for ref in secret_refs(solver)]
        found = [await self._entry(ref) for ref in dict.fromkeys(refs)]
        return tuple(fault for fault in found if isinstance(fault, Fault))

    async def _entry(self, ref: SecretKeySelector) -> bytes | Fault:
        secret = await self._secret(ref.name)
        if secret is None:
            return Fault(ref.name, sentences.secret_missing(ref.name, self._namespace))
        if isinstance(secret, Fault):
            return secret
        if not ref.key:
            return Fault(ref.name, sentences.entry_unnamed(ref.name))
        value = secret.data.get(ref.key)
        if not value:
            return Fault(ref.name, sentences.entry_missing(ref.name, ref.key))
        return value

    async def _secret(self, name: str) -> _Read:
        if name not in self._read:
            self._read[name] = await self._get(name)
        return self._read[name]

    async def _get(self, name: str) -> _Read:
        try:
            return await self._cluster.kube.get(SECRET, self._namespace, name)
        except NotFound:
            return None
        except Forbidden:
            return Fault(name, sentences.secret_refused(name, self._namespace))

"""Which Secrets the issuers of a namespace use for themselves, and so no certificate may overwrite.

Those of ACME issuers alone: other types take certificates that were issued into a Secret. Pure.
"""

from collections.abc import Iterable, Iterator

from controller.solvers.credentials import secret_refs
from orderapi.issuer import AnyIssuer, ClusterIssuer


def uses(issuer: AnyIssuer) -> Iterator[tuple[str, str]]:
    """(name of a Secret, what it is to the issuer), in words for a sentence."""
    acme = issuer.spec.acme
    if acme is None:
        return
    kind = "ClusterIssuer" if isinstance(issuer, ClusterIssuer) else "Issuer"
    who = f'{kind} "{issuer.metadata.name}"'
    yield acme.private_key_secret_ref.name, f"the account key of {who}"
    if acme.external_account_binding is not None:
        binding = acme.external_account_binding.key_secret_ref.name
        yield binding, f"the external account binding of {who}"
    for solver in acme.solvers:
        for ref in secret_refs(solver):
            yield ref.name, f"a solver's credential of {who}"


def used_secrets(issuer: AnyIssuer) -> tuple[str, ...]:
    """Index of a cache of issuers: the Secrets in use, as `<namespace>/<name>`.

    The namespace is empty for ClusterIssuers; theirs is the cluster resource namespace.
    """
    namespace = issuer.metadata.namespace
    return tuple({f"{namespace}/{name}": None for name, _ in uses(issuer)})


def claim(issuers: Iterable[AnyIssuer], secret_name: str) -> str:
    """What one of these issuers uses the Secret for; empty where none does."""
    return next(
        (use for issuer in issuers for name, use in uses(issuer) if name == secret_name), ""
    )

"""Which names a chain is about. Pure."""

from kubectl_order.facts import Chain


def names(chain: Chain) -> tuple[str, ...]:
    """The names that the certificate is for: those of the Order where there is one, for these are
    proved; else those of the Certificate."""
    if chain.order is not None:
        asked = chain.order.spec
        found = (*asked.dns_names, *asked.ip_addresses)
        return found or ((asked.common_name,) if asked.common_name else ())
    if chain.certificate is None:
        return ()
    spec = chain.certificate.spec
    common = (spec.common_name,) if spec.common_name else ()
    rest = (*spec.dns_names, *spec.ip_addresses, *spec.uris, *spec.email_addresses)
    return tuple(dict.fromkeys((*common, *rest)))

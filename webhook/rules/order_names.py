"""Whether an Order names what its signing request names: the CA would refuse what differs, after
the Order is placed."""

from collections.abc import Iterable, Iterator

from orderapi.order import OrderSpec
from orderapi.validation.addresses import canonical
from orderapi.validation.fault import quoted
from webhook.csr import Csr
from webhook.rules.findings import fault
from webhook.rules.request_spec import signing_request
from webhook.rules.wording import listed
from webhook.verdict import Fault


def name_faults(spec: OrderSpec) -> Iterator[Fault]:
    """What is wrong with the names of the spec, its signing request, or both together."""
    addresses: set[str] = set()
    for index, text in enumerate(spec.ip_addresses):
        spelled = canonical(text)
        if spelled is None:
            yield fault(f"spec.ipAddresses[{index}]", f"{quoted(text)} is not an IP address")
        else:
            addresses.add(spelled)
    csr = signing_request(spec.request)
    if isinstance(csr, Fault):
        yield csr
        return
    yield from _strange_names(csr)
    yield from _different("spec.dnsNames", _caseless(csr.dns_names), _caseless(spec.dns_names))
    yield from _different("spec.ipAddresses", frozenset(csr.ip_addresses), addresses)
    yield from _common_name(spec, csr)


def _strange_names(csr: Csr) -> Iterator[Fault]:
    if csr.uris or csr.emails or csr.others:
        text = "asks for URIs, e-mail addresses or other names; an ACME order has DNS names and IP "
        yield fault("spec.request", f"{text}addresses alone")
    elif not csr.dns_names and not csr.ip_addresses:
        yield fault("spec.request", "asks for no DNS name and no IP address")


def _different(path: str, asked: Iterable[str], named: Iterable[str]) -> Iterator[Fault]:
    asked, named = set(asked), set(named)
    if missing := sorted(asked - named):
        text = f"lacks {listed(missing)}, which the signing request asks for"
        yield Fault(path, text, "request-fields")
    if besides := sorted(named - asked):
        text = f"has {listed(besides)}, which the signing request does not ask for"
        yield Fault(path, text, "request-fields")


def _common_name(spec: OrderSpec, csr: Csr) -> Iterator[Fault]:
    named, asked = spec.common_name or "", csr.common_name
    if named != asked:
        text = f"is {quoted(named)}, and in the signing request {quoted(asked)}"
        yield Fault("spec.commonName", text, "request-fields")
    if asked and not _is_among(asked, csr):
        text = f"{quoted(asked)} is not among the DNS names and IP addresses of the request"
        yield fault("spec.commonName", text)


def _is_among(name: str, csr: Csr) -> bool:
    return name.lower() in _caseless(csr.dns_names) or canonical(name) in csr.ip_addresses


def _caseless(names: Iterable[str]) -> frozenset[str]:
    return frozenset(name.lower() for name in names)

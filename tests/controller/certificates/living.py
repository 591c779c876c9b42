"""What happens around the room in a life: people apply, a CA signs or refuses."""

from datetime import timedelta

import msgspec
from cryptography import x509

from controller.runtime.objects import SECRET
from orderapi.certificate import CertificateSpec
from orderapi.certificaterequest import CertificateRequest
from orderapi.conditions import find
from orderapi.resources import CERTIFICATE, CERTIFICATE_REQUEST, ISSUER
from tests.controller.certificates.build import (
    NOW,
    a_certificate,
    a_chain,
    an_issuer,
    issued,
    refused,
    unmeetable,
)
from tests.controller.certificates.world import (
    ApiServer,
    Clock,
    Process,
    certificate,
)

DNS = "urn:ietf:params:acme:error:dns: no such host"
REJECTED = "urn:ietf:params:acme:error:rejectedIdentifier: not that name"


def a_server(spec: CertificateSpec | None = None, **keywords: object) -> ApiServer:
    server = ApiServer(Clock(NOW))
    server.put(ISSUER, an_issuer())
    server.put(CERTIFICATE, a_certificate(spec=spec, **keywords))  # type: ignore[arg-type]
    return server


def open_request(server: ApiServer) -> CertificateRequest:
    """The request that is not answered yet."""
    waiting = [each for each in server.all(CERTIFICATE_REQUEST) if not each.status.conditions]
    assert len(waiting) == 1, waiting
    return waiting[0]


def sign(server: ApiServer, request: CertificateRequest | None = None, *, ca: bytes = b"") -> None:
    """What the room of the requests and a CA do."""
    request = request or open_request(server)
    public = x509.load_pem_x509_csr(request.spec.request).public_key()
    names_of = [
        name.value
        for name in x509.load_pem_x509_csr(request.spec.request)
        .extensions.get_extension_for_class(x509.SubjectAlternativeName)
        .value
    ]
    now = server.clock.now()
    chain = a_chain(
        public,  # type: ignore[arg-type]
        dns_names=names_of,
        not_before=now,
        not_after=now + timedelta(days=90),
    )
    server.put(CERTIFICATE_REQUEST, msgspec.structs.replace(request, status=issued(chain, ca)))


def refuse(server: ApiServer, message: str) -> None:
    request = open_request(server)
    server.put(CERTIFICATE_REQUEST, msgspec.structs.replace(request, status=refused(message)))


def find_fault(server: ApiServer, message: str) -> None:
    """What the room of the requests does where no CA need be asked."""
    request = open_request(server)
    server.put(CERTIFICATE_REQUEST, msgspec.structs.replace(request, status=unmeetable(message)))


def ready(server: ApiServer, name: str = "web") -> tuple[str, str]:
    found = find(certificate(server, name).status.conditions, "Ready")
    assert found is not None
    return found.status, found.reason


def secret_names(server: ApiServer) -> list[str]:
    return sorted(each.metadata.name for each in server.all(SECRET))


async def issue(server: ApiServer, process: Process) -> None:
    await process.look()
    sign(server)
    await process.look()

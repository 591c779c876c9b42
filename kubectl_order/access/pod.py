"""The account of the pod that this runs in, where it runs in one."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from kubectl_order.access.address import checked_server
from kubectl_order.access.credentials import Credentials, read_text, read_token
from kubectl_order.access.errors import BadConfig

_SERVICE_ACCOUNT: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount")


def in_pod(environ: Mapping[str, str], folder: Path = _SERVICE_ACCOUNT) -> Credentials | None:
    """The service account of the pod with that environment; None where this is no pod, BadConfig
    where it is one without a token."""
    host = environ.get("KUBERNETES_SERVICE_HOST", "")
    port = environ.get("KUBERNETES_SERVICE_PORT", "443")
    if not host:
        return None
    address = f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"
    token_file = folder / "token"
    return Credentials(
        server=checked_server(address, "KUBERNETES_SERVICE_HOST", secure=True),
        ca=read_text(folder / "ca.crt", "the service account's CA"),
        token=read_token(token_file),
        token_file=str(token_file),
        namespace=environ.get("POD_NAMESPACE") or _namespace(folder),
    )


def _namespace(folder: Path) -> str:
    try:
        return (
            read_text(folder / "namespace", "the service account's namespace").strip() or "default"
        )
    except BadConfig:
        return "default"

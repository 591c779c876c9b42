"""The composition root: from the settings to servers that run, in one task group.

    /validate, by TLS             the rules; answered as soon as there is a certificate
    /livez, /readyz, /metrics     by plain HTTP, on an address of their own
    serving                       keeps CA, certificate and caBundle right, or reads them from files

When it is told to end, it is unready first, answers through the grace and asks its clients to come
back elsewhere, then closes.
"""

import asyncio
import logging
import math
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from orderapi.names import WEBHOOK_CA_SECRET, WEBHOOK_CONFIGURATION
from webhook.admission import Admission
from webhook.answering import Answers
from webhook.credentials import from_kubeconfig, in_pod
from webhook.flags import NOWHERE
from webhook.kube import Kube
from webhook.metrics import Metrics
from webhook.routes import Front, Trouble, health
from webhook.rules import dispatch
from webhook.serving import cluster
from webhook.serving.clients import ClientCheck
from webhook.serving.clock import utc_now
from webhook.serving.files import FileServing, follow
from webhook.serving.readiness import Readiness, Source
from webhook.serving.server import serve
from webhook.serving.serving import Serving
from webhook.serving.tls import HotContext
from webhook.settings import Settings

logger = logging.getLogger(__name__)

USER_AGENT: Final = "kubectl-order-webhook"
ENDING: Final = "this process was told to end"


class CannotStart(Exception):
    """Something that a flag names cannot be used; the message says what, and why."""


async def run(settings: Settings, environment: Mapping[str, str], told: asyncio.Event) -> None:
    """Serve until told to end, or cancelled, which ends it at once. The environment tells a pod
    where its API server is.

    Raises NoCredentials, CannotListen or CannotStart, alone or in groups.
    """
    async with AsyncExitStack() as stack:
        kube = await stack.enter_async_context(_connect(settings, environment))
        source = _source(settings, kube, HotContext(_clients(settings)))
        metrics = Metrics(version=_version(), days_left=lambda: _days_left(source))
        front = Front(_admission(settings, kube, metrics))
        serving = serve(front, settings.listen_address, source.context)
        address = await stack.enter_async_context(serving)
        readiness = Readiness(source, address, settings.server_name)

        async def trouble() -> str:
            return ENDING if told.is_set() else await readiness.trouble()

        await _serve_health(stack, settings, trouble, metrics)
        logger.info("serving", extra={"address": address})
        if not settings.client_ca_file:
            logger.warning(
                "whoever reaches this address may have reviews judged, and so learn what is in the "
                "cluster; let API servers alone reach it, or set --client-ca-file"
            )
        async with _running(source, settings):
            await told.wait()
            front.end()
            await asyncio.sleep(settings.shutdown_grace.total_seconds())


def _connect(settings: Settings, environment: Mapping[str, str]) -> Kube:
    file = settings.kubeconfig
    credentials = from_kubeconfig(file) if file else in_pod(environment)
    return Kube(credentials, user_agent=USER_AGENT)


def _source(settings: Settings, kube: Kube, context: HotContext) -> Serving | FileServing:
    if settings.static:
        return FileServing(
            settings.tls_cert_file,
            settings.tls_private_key_file,
            settings.tls_ca_file,
            context=context,
        )
    return Serving(
        kube,
        secret=cluster.secret_named(settings.namespace, WEBHOOK_CA_SECRET),
        configuration=cluster.configuration_named(WEBHOOK_CONFIGURATION),
        names=settings.serving_names,
        context=context,
    )


def _clients(settings: Settings) -> ClientCheck | None:
    """Which clients are let in; None: all."""
    if not settings.client_ca_file:
        return None
    try:
        ca = Path(settings.client_ca_file).read_bytes()
        return ClientCheck.of(ca, settings.client_name, now=utc_now())
    except (OSError, ValueError) as error:
        raise CannotStart(f"--client-ca-file {settings.client_ca_file}: {error}") from error


def _admission(settings: Settings, kube: Kube, metrics: Metrics) -> Admission:
    return Admission(
        dispatch.judge,
        Answers(kube).to,
        controllers=frozenset(settings.controller),
        metrics=metrics,
    )


async def _serve_health(
    stack: AsyncExitStack, settings: Settings, trouble: Trouble, metrics: Metrics
) -> None:
    if settings.metrics_listen_address in NOWHERE:
        return
    app = health(trouble, metrics.page)
    address = await stack.enter_async_context(serve(app, settings.metrics_listen_address))
    logger.info("serving metrics", extra={"address": address})


@asynccontextmanager
async def _running(source: Serving | FileServing, settings: Settings) -> AsyncIterator[None]:
    """Certificates are kept current inside. What goes wrong beyond repair ends what is inside."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(source.run())]
        if settings.client_ca_file:
            trust = source.context.trust_clients
            taking = follow([settings.client_ca_file], lambda texts: trust(texts[0]))
            tasks.append(group.create_task(taking))
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()


def _days_left(source: Source) -> float:
    not_after = source.status().not_after
    return math.nan if not_after is None else (not_after - utc_now()) / timedelta(days=1)


def _version() -> str:
    try:
        return version("kubectl-order")
    except PackageNotFoundError:
        return "unknown"

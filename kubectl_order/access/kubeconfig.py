"""Which API server, and as whom: of the flags, the kubeconfig, or the pod that this runs in.

It follows kubectl. A user who has a plugin or an identity provider is left to `exec`. Passwords are
refused, as Kubernetes has refused them since 1.19. One thing differs: --token goes instead of the
user's client certificate, where kubectl shows both and the certificate wins.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from kubectl_order.access.address import checked_server
from kubectl_order.access.credentials import Credentials, Impersonation, checked_token
from kubectl_order.access.entries import Cluster, Context, Named, User, authority, named, with_own
from kubectl_order.access.errors import BadConfig
from kubectl_order.access.merged import Kubeconfig, load
from kubectl_order.access.pod import in_pod
from kubectl_order.access.proxies import proxy_for
from kubectl_order.flags import Flags


def credentials(flags: Flags, environ: Mapping[str, str]) -> Credentials:
    """What the flags say, and for the rest the kubeconfig, with all files that it names read.

    Without any kubeconfig it is the account of the pod. May run the plugin that the kubeconfig
    names. BadConfig says what cannot be used.
    """
    config = load(flags.kubeconfig, environ)
    if config.empty and not (flags.server or flags.context or flags.cluster or flags.user):
        found, user = _pod(config, environ), User()
    else:
        found, user = _of_kubeconfig(config, flags, environ)
    if flags.token:
        token = checked_token(flags.token, "--token")
        found = replace(found, token=token, token_file="", certificate="", key="")
    return replace(
        found,
        impersonate=_impersonation(flags, user),
        namespace=flags.namespace or found.namespace,
    )


def context_names(flags: Flags, environ: Mapping[str, str]) -> tuple[str, ...]:
    """The contexts there are, for completion: none where the kubeconfig cannot be used."""
    try:
        return tuple(load(flags.kubeconfig, environ).contexts)
    except BadConfig:
        return ()


def _pod(config: Kubeconfig, environ: Mapping[str, str]) -> Credentials:
    found = in_pod(environ)
    if found is not None:
        return found
    if config.files:
        raise BadConfig(f"{config.place} names no cluster", hint="kubectl config view")
    raise BadConfig(
        "there is no kubeconfig, and this is not a pod", hint="--kubeconfig, or set KUBECONFIG"
    )


def _of_kubeconfig(
    config: Kubeconfig, flags: Flags, environ: Mapping[str, str]
) -> tuple[Credentials, User]:
    context = _context(config, flags)
    cluster = _cluster(config, flags, context)
    server = _server(cluster, flags, context, environ)
    name = flags.user or context.user
    if not name:
        return server, User()
    user = named(config, "user", name, User)
    return _as(user, server, cluster.content, flags, environ), user.content


def _context(config: Kubeconfig, flags: Flags) -> Context:
    name = flags.context or config.current
    if name:
        return named(config, "context", name, Context).content
    if flags.cluster or flags.server:
        return Context()
    raise BadConfig(
        f"{config.place} has no current context" if config.files else "there is no kubeconfig",
        hint="kubectl config use-context NAME, or --context",
    )


def _cluster(config: Kubeconfig, flags: Flags, context: Context) -> Named[Cluster]:
    name = flags.cluster or context.cluster
    if name:
        return named(config, "cluster", name, Cluster)
    if flags.server:
        return Named(Cluster(), Path(), "--server")
    raise BadConfig("the context names no cluster", hint="kubectl config view")


def _server(
    cluster: Named[Cluster], flags: Flags, context: Context, environ: Mapping[str, str]
) -> Credentials:
    """How the server is reached, without anything of the user's."""
    said = cluster.content
    if not (flags.server or said.server):
        raise BadConfig(f"{cluster.where} has no server", hint="kubectl config view")
    ca = authority(cluster)
    server = checked_server(
        flags.server or said.server or "",
        "--server" if flags.server else cluster.where,
        secure=bool(ca or said.insecure_skip_tls_verify),
    )
    return Credentials(
        server=server,
        ca=ca,
        # It is the name of the cluster's own server, and says nothing of another one.
        server_name="" if flags.server else _sayable(said.tls_server_name, "tls-server-name"),
        verify=not said.insecure_skip_tls_verify,
        proxy=proxy_for(server, said.proxy_url or "", environ),
        namespace=context.namespace or "default",
    )


def _as(
    user: Named[User],
    server: Credentials,
    cluster: Cluster,
    flags: Flags,
    environ: Mapping[str, str],
) -> Credentials:
    """`server` with what the user shows to it."""
    if flags.token:
        return server
    found = with_own(server, user)
    plugin, provider = user.content.exec, user.content.auth_provider
    if not found.token and (plugin is not None or provider is not None):
        from kubectl_order.access.exec import from_exec, from_provider

        if plugin is None:
            return from_provider(found, provider or {}, where=user.where)
        return from_exec(
            found,
            plugin,
            folder=user.folder,
            where=user.where,
            environ=environ,
            extension=cluster.for_plugins,
        )
    if user.content.username and not (found.token or found.certificate):
        raise BadConfig(
            f"{user.where} has a password, which no API server takes since Kubernetes 1.19",
            hint="kubectl config set-credentials",
        )
    return found


def _impersonation(flags: Flags, user: User) -> Impersonation:
    groups = flags.as_group or user.as_groups or ()
    extra = (user.as_user_extra or {}).items()
    found = Impersonation(
        user=_sayable(flags.as_user or user.as_user, "--as"),
        uid=_sayable(flags.as_uid or user.as_uid, "--as-uid"),
        groups=tuple(_sayable(group, "--as-group") for group in groups),
        extra=tuple(
            (_sayable(key, "as-user-extra"), _sayable(value, "as-user-extra"))
            for key, values in extra
            for value in values
        ),
    )
    if not found.user and (found.uid or found.groups or found.extra):
        raise BadConfig("a group, UID or extra to act as is given, and no user", hint="--as USER")
    return found


def _sayable(text: str | None, where: str) -> str:
    """The text, or BadConfig for what no header can carry."""
    try:
        bytes_ = (text or "").encode()
    except UnicodeEncodeError:
        raise BadConfig(f"{where} is not text") from None
    if any(byte < 32 or byte == 127 for byte in bytes_):
        raise BadConfig(f"{where} has control characters")
    return text or ""

"""One path in the rules of an Ingress that is the user's own. Pure.

Rules are networking/v1 IngressRules as JSON. What is not the one path stays as it is, fields that
nobody here knows included; what is given is never changed, new rules are returned.
"""

from typing import Any, TypeAlias

from controller.solvers.http01.routes import Backend, ingress_path, paths_of

Rule: TypeAlias = dict[str, Any]
Rules: TypeAlias = tuple[Rule, ...]


def with_path(rules: Rules, host: str | None, path: str, backend: Backend, path_type: str) -> Rules:
    """The rules with the path first in the first rule for the host, in place of an equal path.

    Where no rule for the host has paths, a rule of its own is added at the end. One without `http`
    stays beside it: were the path put there, nobody could tell afterwards that it had been without.
    `host` None means the rules without a host.
    """
    name = _lower(host)
    ours = ingress_path(path, backend, path_type)
    for index, rule in enumerate(rules):
        if _host(rule) == name and (paths := paths_of(rule)):
            others = [one for one in paths if one.get("path") != path]
            changed = _with_paths(rule, [ours, *others])
            return (*rules[:index], changed, *rules[index + 1 :])
    added = _with_paths({"host": name} if name else {}, [ours])
    return (*rules, added)


def without_path(rules: Rules, host: str | None, path: str, backend_name: str) -> Rules:
    """The rules less the path, where it leads to our backend, and less a rule that this empties.

    An equal path that leads elsewhere is somebody else's. What is left may be no rule at all, which
    the API takes only from an Ingress with a default backend.
    """
    kept: list[Rule] = []
    for rule in rules:
        paths = paths_of(rule) if _host(rule) == _lower(host) else []
        others = [one for one in paths if not _is_ours(one, path, backend_name)]
        if len(others) == len(paths):
            kept.append(rule)
        elif others:
            kept.append(_with_paths(rule, others))
    return tuple(kept)


def has_path(
    rules: Rules, host: str | None, path: str, backend_name: str, port: int | None = None
) -> bool:
    """Whether a rule for the host leads the path to our backend; with `port`, to that port."""
    return any(
        _is_ours(one, path, backend_name) and port in (None, _port(one))
        for rule in rules
        if _host(rule) == _lower(host)
        for one in paths_of(rule)
    )


def _host(rule: Rule) -> str:
    return rule.get("host") or ""


def _lower(host: str | None) -> str:
    # The API takes hosts in lower case alone; a CA may write a name otherwise.
    return (host or "").lower()


def _is_ours(path: dict[str, Any], wanted: str, backend_name: str) -> bool:
    return path.get("path") == wanted and _service(path).get("name") == backend_name


def _port(path: dict[str, Any]) -> int | None:
    port: dict[str, Any] = _service(path).get("port") or {}
    return port.get("number")


def _service(path: dict[str, Any]) -> dict[str, Any]:
    return (path.get("backend") or {}).get("service") or {}


def _with_paths(rule: Rule, paths: list[dict[str, Any]]) -> Rule:
    return {**rule, "http": {**(rule.get("http") or {}), "paths": paths}}

"""Kubeconfigs of others, as data: fields as in k8s.io/client-go/tools/clientcmd/api/v1 `Config`."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import Any

from minikf.errors import Refused

Config = dict[str, Any]


@dataclass(frozen=True)
class Context:
    """One context with the cluster and the user that it names."""

    name: str
    cluster: Config
    user: Config
    namespace: str = "default"

    def decoded(self, key: str) -> str:
        """What a `-data` field holds; "" where it is not there. Raises Refused where it is damaged."""
        found = self.cluster.get(key) or self.user.get(key) or ""
        try:
            return base64.b64decode(str(found), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError) as error:
            raise Refused(
                f"{key} of the context '{self.name}' is damaged",
                cause=f"it is no base64 of a PEM file: {error}",
                advice="kubectl config view",
            ) from error


def parse(text: str, origin: str) -> Config:
    """A kubeconfig's text as data; JSON is tried first, since it needs no YAML library.

    Raises Refused, naming `origin`, where it is no kubeconfig; an empty text is an empty kubeconfig, as for kubectl.
    """
    try:
        found = json.loads(text)
    except ValueError:
        found = _yaml(text, origin)
    if found is None:
        return {}
    if not isinstance(found, dict) or not all(_well_formed(found, kind) for kind in ("clusters", "users", "contexts")):
        raise Refused(f"{origin} is no kubeconfig", cause="it has no lists of clusters, users and contexts with names")
    return found


def named(config: Config, kind: str, name: object) -> Config | None:
    """The entry of a list, as it stands there with its name."""
    return next((entry for entry in config.get(kind) or () if entry["name"] == name), None)


def chosen(config: Config, name: str) -> Context:
    """The context of that name, "" for the current one. Raises Refused where it or what it names is not there."""
    wanted = name or str(config.get("current-context") or "")
    entry = named(config, "contexts", wanted)
    if entry is None:
        there = ", ".join(str(one["name"]) for one in config.get("contexts") or ()) or "none"
        said = f"there is no context '{wanted}'" if wanted else "there is no current context"
        raise Refused(said, cause=f"contexts: {there}", advice="kubectl config get-contexts")
    context = entry.get("context") or {}
    cluster = named(config, "clusters", str(context.get("cluster", "")))
    user = named(config, "users", str(context.get("user", "")))
    if cluster is None:
        raise Refused(
            f"the context '{wanted}' leads nowhere",
            cause=f"there is no cluster '{context.get('cluster', '')}'",
            advice="kubectl config view",
        )
    namespace = str(context.get("namespace") or "default")
    return Context(wanted, dict(cluster.get("cluster") or {}), dict((user or {}).get("user") or {}), namespace)


def _yaml(text: str, origin: str) -> Any:
    import yaml

    try:
        return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except yaml.YAMLError as error:
        raise Refused(f"{origin} cannot be read", cause=f"it is no YAML: {' '.join(str(error).split())}") from error


def _well_formed(config: Config, kind: str) -> bool:
    entries = config.get(kind) or []
    return isinstance(entries, list) and all(isinstance(one, dict) and "name" in one for one in entries)

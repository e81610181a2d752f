"""A kubeconfig of the platform's own; the user's file and current context are never touched."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from minikf.files import write_private
from minikf.kube.contexts import Context, chosen, parse
from minikf.paths import PlatformPaths
from minikf.spec import Access

_QUICK = ({"client-certificate-data", "client-key-data"}, {"token"})
_EVERYWHERE = ("0.0.0.0", "::")  # what a server listens at; who wants to reach it needs an address


def context_name(platform: str) -> str:
    """What the platform's cluster, user and context are called."""
    return f"minikf-{platform}"


def write(access: Access, credential: Path) -> Path:
    """Writes `access.kubeconfig` (0600) with the CA and the credential inside, so that it works when copied."""
    authority = base64.b64encode(access.ca.read_bytes()).decode()
    context = Context(
        name=context_name(access.platform),
        cluster={"server": access.server, "certificate-authority-data": authority},
        user={"token": credential.read_text().strip()},
    )
    _write_changed(access.kubeconfig, _text(access.platform, context))
    return access.kubeconfig


def write_from(text: str, paths: PlatformPaths, engine: str) -> Access:
    """Writes the platform's own files from the kubeconfig that a maker of clusters prints; returns the way in.

    All names become the platform's, and an address that means every one of this machine becomes 127.0.0.1. Raises
    Refused where the text is no kubeconfig with certificates, or the files cannot be written.
    """
    return write_context(chosen(parse(text, f"the kubeconfig of {engine}"), ""), paths, engine)


def write_context(context: Context, paths: PlatformPaths, engine: str) -> Access:
    """Writes the platform's own files from a context that needs no other files; returns the way in.

    CA and credential get files of their own only where they are all that is needed: then the quick way is open.
    """
    server = _reachable(str(context.cluster.get("server", "")))
    context = Context(context.name, {**context.cluster, "server": server}, context.user, context.namespace)
    quick = context.cluster.keys() == {"server", "certificate-authority-data"} and context.user.keys() in _QUICK
    for path, text in (
        (paths.ca, context.decoded("certificate-authority-data")),
        (paths.certificate, context.decoded("client-certificate-data") if quick else ""),
        (paths.key, context.decoded("client-key-data") if quick else ""),
        (paths.token, str(context.user.get("token", "")) if quick else ""),
    ):
        if text:
            _write_changed(path, text)
        else:
            path.unlink(missing_ok=True)
    _write_changed(paths.kubeconfig, _text(paths.name, context))
    return access_of(paths, engine, server)


def access_of(paths: PlatformPaths, engine: str, server: str) -> Access:
    """The way in by the files that `write_context` wrote."""
    pair = paths.certificate.exists() and paths.key.exists()
    return Access(
        platform=paths.name,
        engine=engine,
        server=server,
        kubeconfig=paths.kubeconfig,
        ca=paths.ca,
        token=paths.token if paths.token.exists() else None,
        endpoints={"kubernetes": server},
        certificate=paths.certificate if pair else None,
        key=paths.key if pair else None,
    )


def server_of(kubeconfig: Path) -> str:
    """The address in a kubeconfig of ours; "" where there is none."""
    try:
        return str(json.loads(kubeconfig.read_text())["clusters"][0]["cluster"]["server"])
    except (OSError, ValueError, LookupError, TypeError):
        return ""


def _text(platform: str, context: Context) -> str:
    """JSON is YAML too, and kubectl and the official clients read it; so no YAML library is loaded by `minikf up`.

    Fields as in k8s.io/client-go/tools/clientcmd/api/v1 `Config`.
    """
    name = context_name(platform)
    config: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": context.cluster}],
        "users": [{"name": name, "user": context.user}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name, "namespace": context.namespace}}],
        "current-context": name,
    }
    return json.dumps(config, indent=2) + "\n"


def _reachable(server: str) -> str:
    try:
        url = urlsplit(server)
        port = f":{url.port}" if url.port else ""
    except ValueError:
        return server  # whoever connects says what is wrong with it
    return url._replace(netloc=f"127.0.0.1{port}").geturl() if url.hostname in _EVERYWHERE else server


def _write_changed(path: Path, text: str) -> None:
    if not path.exists() or path.read_text() != text:
        write_private(path, text)

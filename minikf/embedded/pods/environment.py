"""The environment of a container: what the pod declares, over what every container has."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping

from minikf.datasets.place import DATASETS_VARIABLE
from minikf.embedded import kinds
from minikf.embedded.forkserver import identity
from minikf.embedded.forkserver.loaded import SINGLE_THREADED
from minikf.embedded.forkserver.shims.pip import BASE_PYTHON, BASE_SITE, ENVIRONMENTS
from minikf.embedded.forkserver.shims.place import CONTAINER_DIR, SPARE_THREADS
from minikf.embedded.pods import cpus, references, resources
from minikf.embedded.pods.expansion import expand
from minikf.embedded.pods.layout import ContainerFolder
from minikf.embedded.pods.mounting import Mount
from minikf.embedded.pods.references import ConfigError, References
from minikf.embedded.pods.settings import PodSettings
from minikf.embedded.serving.payloads import SERVED_VARIABLE
from minikf.embedded.status import Object
from minikf.kube import bundle
from minikf.paths import PlatformPaths

# What a program needs from the machine to speak, to know the time and to reach the network.
_PASSED = (
    "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "no_proxy",
    "all_proxy",
)  # fmt: skip
_PASSED_PREFIXES = ("PIP_", "UV_")
# Where clients look for a service account's token, CA and namespace.
SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount"
_NAME = re.compile(r"[-._a-zA-Z][-._a-zA-Z0-9]*")


def declared(pod: Object, container: Object, refs: References) -> dict[str, str]:
    """`envFrom` and `env` in Kubernetes' order. Raises ConfigError when something they refer to is missing."""
    env: dict[str, str] = {}
    for source in container.get("envFrom") or []:
        env |= _from_source(source, refs)
    for entry in container.get("env") or []:
        value = _value(entry, pod, container, refs, env)
        if value is not None:
            env[entry["name"]] = value
    return env


def _clients(paths: PlatformPaths) -> dict[str, str]:
    """With these the official clients find the platform, as `minikf env` has them (minikf.environment says whose they
    are); without the platform's own record, only Kubernetes' clients."""
    env = {"KUBECONFIG": str(paths.kubeconfig)}
    try:
        port = int(json.loads(paths.platform_file.read_bytes())["port"])
    except FileNotFoundError:  # a daemon that was started by hand
        return env
    env |= {"MODEL_REGISTRY_URL": f"https://127.0.0.1:{port}", "KF_PIPELINES_SA_TOKEN_PATH": str(paths.token)}
    trusted = bundle.of(paths.ca)
    return env | ({"SSL_CERT_FILE": str(trusted)} if trusted.exists() else {})


def _in_cluster(paths: PlatformPaths) -> dict[str, str]:
    """What clients that find a service account's files take for the API server's address."""
    try:
        port = json.loads(paths.platform_file.read_bytes())["port"]
    except FileNotFoundError:
        return {}
    return {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": str(port)}


def _no_proxy(aliases: Iterable[Object], env: Mapping[str, str]) -> str:
    """Names that a pod gives itself are known to no proxy; gRPC asks this variable before no_proxy."""
    names = [name for one in aliases for name in one.get("hostnames") or []]
    return ",".join([value for value in (env.get("no_proxy") or env.get("NO_PROXY"),) if value] + names)


def _from_source(source: Object, refs: References) -> dict[str, str]:
    prefix = source.get("prefix", "")
    found: dict[str, str] = {}
    for name, kind in (("configMapRef", kinds.CONFIG_MAP), ("secretRef", kinds.SECRET)):
        if source.get(name):
            for key, value in (refs.values(source[name], kind) or {}).items():
                if _NAME.fullmatch(prefix + key):  # others cannot be variables; kubelet skips them, too
                    found[prefix + key] = _text(value, key)
    return found


def _value(entry: Object, pod: Object, container: Object, refs: References, env: Mapping[str, str]) -> str | None:
    source = entry.get("valueFrom")
    if not source:
        return expand(entry.get("value") or "", env)
    if "fieldRef" in source:
        return references.field(pod, source["fieldRef"]["fieldPath"])
    if "resourceFieldRef" in source:
        return references.resource_field(pod, container, source["resourceFieldRef"])
    for name, kind in (("configMapKeyRef", kinds.CONFIG_MAP), ("secretKeyRef", kinds.SECRET)):
        if name in source:
            value = refs.value(source[name], kind)
            return None if value is None else _text(value, entry["name"])
    raise ConfigError(f"env {entry['name']}: its valueFrom has no source that is known here")


def _text(value: bytes, name: str) -> str:
    if b"\0" in value:
        raise ConfigError(f"env {name}: a value with a null byte cannot be a variable")
    return value.decode(errors="surrogateescape")


def platform(
    pod: Object,
    container: Object,
    folder: ContainerFolder,
    paths: PlatformPaths,
    settings: PodSettings,
    shims: str,
    mounts: Iterable[Mount],
    host: Mapping[str, str] = os.environ,
) -> dict[str, str]:
    """What an image would bring: search path, home, the platform's address, and the marks that make it findable."""
    env = {name: value for name, value in host.items() if name in _PASSED or name.startswith(_PASSED_PREFIXES)}
    platform_bin = os.path.dirname(settings.python)  # noqa: PTH120
    path = [shims, f"{folder.path}/env/bin", *map(str, settings.extra_path), platform_bin, host.get("PATH", os.defpath)]
    meta, spec = pod["metadata"], pod["spec"]
    env |= {
        "PATH": os.pathsep.join(path),
        "HOME": str(folder.work),
        "HOSTNAME": spec.get("hostname") or meta["name"],
        # Lines reach the log when they are printed, and none is lost when the process is killed.
        "PYTHONUNBUFFERED": "1",
        identity.POD_UID: meta["uid"],
        identity.CONTAINER: container["name"],
        "MINIKF_POD_NAME": meta["name"],
        "MINIKF_POD_NAMESPACE": meta["namespace"],
        CONTAINER_DIR: str(folder.path),
        ENVIRONMENTS: str(paths.environments),
        "MINIKF_UV_CACHE": str(paths.cache / "uv"),
        DATASETS_VARIABLE: str(paths.datasets),
        SERVED_VARIABLE: str(paths.served),
        BASE_PYTHON: settings.python,
        BASE_SITE: settings.site,
    }
    mounts = list(mounts)
    if spec.get("automountServiceAccountToken") is not False:
        env |= _clients(paths)
        if any(mount.target == SERVICE_ACCOUNT for mount in mounts):
            env |= _in_cluster(paths)
    if spec.get("hostAliases") and any(name.lower().endswith("_proxy") for name in env):
        env["no_grpc_proxy"] = _no_proxy(spec["hostAliases"], env)
    threads = resources.cpu_count(container)
    if not threads:
        threads = cpus.spare()
        env[SPARE_THREADS] = str(threads)
    env |= dict.fromkeys(SINGLE_THREADED, str(threads))
    return env | {f"MINIKF_MOUNT_{mount.variable}": str(mount.source) for mount in mounts}

"""The rows of core kinds: k8s.io/kubernetes v1.34.4, pkg/printers/internalversion/printers.go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import orjson

from minikf.embedded.status import Object
from minikf.embedded.table.durations import human_duration, parse_time, since
from minikf.embedded.table.pod_cells import pod

__all__ = [
    "claim",
    "config_map",
    "event",
    "job",
    "namespace",
    "pod",
    "quota",
    "role_binding",
    "secret",
    "service",
    "service_account",
    "text",
]

_NONE = "<none>"


def text(value: Any) -> str:
    """A value as one cell's text; objects and lists as JSON."""
    if isinstance(value, dict | list):
        return orjson.dumps(value).decode()
    return str(value).lower() if isinstance(value, bool) else str(value)


def _name(obj: Object) -> str:
    return str(obj["metadata"]["name"])


def _age(obj: Object, now: datetime) -> str:
    return since(obj["metadata"].get("creationTimestamp"), now)


def namespace(obj: Object, now: datetime) -> list[Any]:
    return [_name(obj), (obj.get("status") or {}).get("phase", ""), _age(obj, now)]


def config_map(obj: Object, now: datetime) -> list[Any]:
    return [_name(obj), len(obj.get("data") or ()) + len(obj.get("binaryData") or ()), _age(obj, now)]


def secret(obj: Object, now: datetime) -> list[Any]:
    return [_name(obj), obj.get("type", ""), len(obj.get("data") or ()), _age(obj, now)]


def service_account(obj: Object, now: datetime) -> list[Any]:
    return [_name(obj), len(obj.get("secrets") or ()), _age(obj, now)]


_ACCESS = (
    ("ReadWriteOnce", "RWO"),
    ("ReadOnlyMany", "ROX"),
    ("ReadWriteMany", "RWX"),
    ("ReadWriteOncePod", "RWOP"),
)


def claim(obj: Object, now: datetime) -> list[Any]:
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    terminating = obj["metadata"].get("deletionTimestamp") is not None
    bound = spec.get("volumeName", "")
    modes = status.get("accessModes") or () if bound else ()
    annotations = obj["metadata"].get("annotations") or {}
    storage = annotations.get("volume.beta.kubernetes.io/storage-class", spec.get("storageClassName") or "")
    return [
        _name(obj),
        "Terminating" if terminating else status.get("phase", ""),
        bound,
        (status.get("capacity") or {}).get("storage", "0") if bound else "",
        ",".join(short for mode, short in _ACCESS if mode in modes),
        storage,
        spec.get("volumeAttributesClassName") or "<unset>",
        _age(obj, now),
        spec.get("volumeMode") or "<unset>",
    ]


def service(obj: Object, now: datetime) -> list[Any]:
    spec = obj.get("spec") or {}
    addresses = spec.get("clusterIPs") or [_NONE]
    ports = ",".join(map(_port, spec.get("ports") or ()))
    kind = spec.get("type", "")
    return [
        _name(obj),
        kind,
        addresses[0],
        _external(kind, obj),
        ports or _NONE,
        _age(obj, now),
        _pairs(spec.get("selector") or {}),
    ]


def _port(port: Object) -> str:
    node_port = f":{port['nodePort']}" if port.get("nodePort") else ""
    return f"{port['port']}{node_port}/{port.get('protocol', 'TCP')}"


def _external(kind: str, obj: Object) -> str:
    spec = obj.get("spec") or {}
    if kind == "ExternalName":
        return str(spec.get("externalName", ""))
    addresses = list(spec.get("externalIPs") or ())
    if kind == "LoadBalancer":
        ingress = ((obj.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ()
        found = {entry.get("ip") or entry.get("hostname") or "" for entry in ingress} - {""}
        return ",".join(sorted(found) + addresses) or "<pending>"
    return ",".join(addresses) or _NONE


def _pairs(labels: Mapping[str, str]) -> str:
    return ",".join(f"{key}={labels[key]}" for key in sorted(labels)) or _NONE


def event(obj: Object, now: datetime) -> list[Any]:
    first = since(obj.get("firstTimestamp") or obj.get("eventTime"), now)
    last = since(obj["lastTimestamp"], now) if obj.get("lastTimestamp") else first
    count = obj.get("count") or 1
    series = obj.get("series")
    if series:
        last, count = since(series.get("lastObservedTime"), now), series.get("count", 0)
    involved, source = obj.get("involvedObject") or {}, obj.get("source") or {}
    target = str(involved.get("kind", "")).lower() + (f"/{involved['name']}" if involved.get("name") else "")
    sender = source.get("component") or obj.get("reportingComponent") or ""
    instance = source.get("host") or obj.get("reportingInstance") or ""
    return [
        last,
        obj.get("type", ""),
        obj.get("reason", ""),
        target,
        involved.get("fieldPath", ""),
        f"{sender}, {instance}" if instance else sender,
        str(obj.get("message", "")).strip(),
        first,
        count,
        _name(obj),
    ]


def quota(obj: Object, now: datetime) -> list[Any]:
    status = obj.get("status") or {}
    hard, used = status.get("hard") or {}, status.get("used") or {}
    shown = [(name, f"{name}: {used.get(name, '0')}/{hard[name]}") for name in sorted(hard)]
    requests = ", ".join(text for name, text in shown if not name.startswith("limits."))
    limits = ", ".join(text for name, text in shown if name.startswith("limits."))
    return [_name(obj), requests, limits, _age(obj, now)]


# A job's state is the first of these that holds.
_JOB_STATES_BEFORE_DELETION = (("Complete", "Complete"), ("Failed", "Failed"))
_JOB_STATES = (
    ("Suspended", "Suspended"),
    ("FailureTarget", "FailureTarget"),
    ("SuccessCriteriaMet", "SuccessCriteriaMet"),
)


def job(obj: Object, now: datetime) -> list[Any]:
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    containers = ((spec.get("template") or {}).get("spec") or {}).get("containers") or ()
    return [
        _name(obj),
        _job_state(obj),
        _completions(spec, status.get("succeeded", 0)),
        _job_duration(status, now),
        _age(obj, now),
        ",".join(container.get("name", "") for container in containers),
        ",".join(container.get("image", "") for container in containers),
        _selector(spec.get("selector") or {}),
    ]


def _job_state(obj: Object) -> str:
    conditions = (obj.get("status") or {}).get("conditions") or ()
    true = {condition.get("type") for condition in conditions if condition.get("status") == "True"}
    for condition, shown in _JOB_STATES_BEFORE_DELETION:
        if condition in true:
            return shown
    if obj["metadata"].get("deletionTimestamp") is not None:
        return "Terminating"
    return next((shown for condition, shown in _JOB_STATES if condition in true), "Running")


def _completions(spec: Object, succeeded: int) -> str:
    if spec.get("completions") is not None:
        return f"{succeeded}/{spec['completions']}"
    parallelism = spec.get("parallelism") or 0
    return f"{succeeded}/1 of {parallelism}" if parallelism > 1 else f"{succeeded}/1"


def _job_duration(status: Object, now: datetime) -> str:
    started = parse_time(status.get("startTime"))
    if started is None:
        return ""
    return human_duration(((parse_time(status.get("completionTime")) or now) - started).total_seconds())


_OPERATORS = {"In": "in", "NotIn": "notin"}


def _selector(selector: Object) -> str:
    terms = [(key, f"{key}={value}") for key, value in (selector.get("matchLabels") or {}).items()]
    for term in selector.get("matchExpressions") or ():
        key, operator = term.get("key", ""), term.get("operator", "")
        values = ",".join(sorted(term.get("values") or ()))
        bare = key if operator == "Exists" else f"!{key}"
        terms.append((key, f"{key} {_OPERATORS[operator]} ({values})" if operator in _OPERATORS else bare))
    return ",".join(shown for _, shown in sorted(terms)) or _NONE


def role_binding(obj: Object, now: datetime) -> list[Any]:
    role, subjects = obj.get("roleRef") or {}, obj.get("subjects") or ()
    accounts = (f"{s.get('namespace', '')}/{s.get('name', '')}" for s in subjects if s.get("kind") == "ServiceAccount")
    shown = f"{role.get('kind', '')}/{role.get('name', '')}"
    return [_name(obj), shown, _age(obj, now), _named(subjects, "User"), _named(subjects, "Group"), ", ".join(accounts)]


def _named(subjects: Iterable[Object], kind: str) -> str:
    return ", ".join(subject.get("name", "") for subject in subjects if subject.get("kind") == kind)

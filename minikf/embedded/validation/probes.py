"""Probes and lifecycle hooks of containers."""

from __future__ import annotations

import re

from minikf.embedded.names import regex_error
from minikf.embedded.schema.fieldpath import Path, child, forbidden, invalid, not_supported, required
from minikf.embedded.status import Cause, Object
from minikf.embedded.validation.values import nonnegative, port_number, port_number_or_name

_HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc", "sleep")
_COUNTS = ("initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold")
_HEADER = "[-A-Za-z0-9]+"


def liveness(probe: Object, path: Path) -> list[Cause]:
    """Liveness and startup probes."""
    found = _probe(probe, path)
    if probe.get("successThreshold") != 1:
        found.append(invalid(child(path, "successThreshold"), probe.get("successThreshold"), "must be 1"))
    return found


def readiness(probe: Object, path: Path) -> list[Cause]:
    found = _probe(probe, path)
    seconds = probe.get("terminationGracePeriodSeconds")
    if seconds is not None:
        why = "must not be set for readinessProbes"
        found.append(invalid(child(path, "terminationGracePeriodSeconds"), seconds, why))
    return found


def _probe(probe: Object, path: Path) -> list[Cause]:
    found = handler(probe, path) + nonnegative(probe, _COUNTS, path)
    seconds = probe.get("terminationGracePeriodSeconds")
    if seconds is not None and seconds <= 0:
        found.append(invalid(child(path, "terminationGracePeriodSeconds"), seconds, "must be greater than 0"))
    return found


def handler(holder: Object, path: Path) -> list[Cause]:
    """Exactly one way to ask."""
    given = [field for field in _HANDLERS if holder.get(field) is not None]
    if not given:
        return [required(path, "must specify a handler type")]
    found = _action(given[0], holder[given[0]], child(path, given[0]))
    return found + [forbidden(child(path, field), "may not specify more than 1 handler type") for field in given[1:]]


def _action(kind: str, action: Object, path: Path) -> list[Cause]:
    match kind:
        case "exec":
            return [] if action.get("command") else [required(child(path, "command"))]
        case "httpGet":
            return _http_get(action, path)
        case "tcpSocket":
            return port_number_or_name(action.get("port"), child(path, "port"))
        case "grpc":
            return port_number(action.get("port") or 0, child(path, "port"))
    return nonnegative(action, ("seconds",), path)


def _http_get(action: Object, path: Path) -> list[Cause]:
    found = [] if action.get("path") else [required(child(path, "path"))]
    found += port_number_or_name(action.get("port"), child(path, "port"))
    if action.get("scheme") not in ("HTTP", "HTTPS"):
        found.append(not_supported(child(path, "scheme"), action.get("scheme"), ["HTTP", "HTTPS"]))
    for header in action.get("httpHeaders") or []:
        name = header.get("name") or ""
        if not re.fullmatch(_HEADER, name):
            message = "a valid HTTP header must consist of alphanumeric characters or '-'"
            found.append(invalid(child(path, "httpHeaders"), name, regex_error(message, _HEADER, "X-Header-Name")))
    return found

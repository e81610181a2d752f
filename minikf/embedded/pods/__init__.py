"""Pods as processes: `runtime.PodRuntime` runs them, `SUBRESOURCES` serve their logs, exec and port-forward."""

from __future__ import annotations

from minikf.embedded.pods.attach import attach
from minikf.embedded.pods.exec import execute
from minikf.embedded.pods.loghandler import log
from minikf.embedded.pods.portforward import portforward
from minikf.embedded.pods.request import Handler

SUBRESOURCES: dict[str, Handler] = {"log": log, "exec": execute, "portforward": portforward, "attach": attach}

__all__ = ["SUBRESOURCES"]

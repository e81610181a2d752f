"""The pod that runs the example: made, followed and judged through the platform's API."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from minikf import environment
from minikf.commands import command
from minikf.demo.examples import Example
from minikf.errors import MinikfError, NoProgress
from minikf.kube.health import STATUS_PATH
from minikf.kube.rest import ApiAnswer, RestClient
from minikf.spec import Access

NAMESPACE = "default"
NAME = "minikf-demo"
PROGRAM = "demo.py"
_LABEL = "app.kubernetes.io/name"
_CORE = f"/api/v1/namespaces/{NAMESPACE}"
# After `minikf up` the platform imports what most programs need. Waiting for it is quicker than three processes that
# import the same beside it.
WARM_SECONDS = 60.0
START_SECONDS = 60.0
# The example ends what it started when it is told to stop.
END_SECONDS = 20.0

Object = dict[str, Any]


class DemoFailed(MinikfError):
    """The example ended with an error; the message is its last word."""


class DemoPod:
    """One run. Pods of earlier runs that have ended are removed before it starts."""

    def __init__(self, access: Access, example: Example) -> None:
        self._access = access
        self._example = example
        self._api = RestClient(access)
        self.name = f"{NAME}-{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}"

    def wait_until_warm(self) -> bool:
        """Waits while the platform's warm server is still loading; whether it had to."""
        end = time.monotonic() + WARM_SECONDS
        waited = False
        while time.monotonic() < end and self.is_warming():
            waited = True
            time.sleep(0.2)
        return waited

    def start(self, arguments: list[str]) -> None:
        """Creates the pod and returns once its program runs. Raises ApiAnswer, NoProgress or Unreachable."""
        self._remove_ended()
        self._put_config_map({PROGRAM: self._example.script})
        self._send("POST", f"{_CORE}/pods", self._manifest(arguments))
        self._wait_for_start()

    def lines(self) -> Iterator[str]:
        """What the program prints, until it ends."""
        for line in self._api.lines(f"{_CORE}/pods/{self.name}/log?follow=true"):
            yield line.decode(errors="replace").rstrip("\n")

    def judge(self, last_line: str) -> None:
        """Raises DemoFailed unless the program ended well."""
        pod = self._until(lambda pod: pod["status"].get("phase") in ("Succeeded", "Failed"), END_SECONDS)
        if pod["status"]["phase"] == "Failed":
            raise DemoFailed(
                last_line or f"pod {NAMESPACE}/{self.name} failed",
                cause=_why(pod),
                advice=command(f"logs {self.name}", self._access.platform),
            )

    def cancel(self) -> None:
        """Ends the program; it has a moment to take back what it has in hand."""
        self._api.request("DELETE", f"{_CORE}/pods/{self.name}")
        end = time.monotonic() + END_SECONDS
        while time.monotonic() < end and self._api.request("GET", f"{_CORE}/pods/{self.name}").status != 404:
            time.sleep(0.1)

    def is_warming(self) -> bool:
        """Whether the platform still loads what it keeps ready."""
        components = self._api.get(STATUS_PATH).get("components", [])
        return any(one["name"].startswith("warm") and one["state"] == "starting" for one in components)

    def _manifest(self, arguments: list[str]) -> Object:
        variables = environment.variables(self._access)
        container = {
            "name": "demo",
            "image": "python",
            "command": ["python", f"/demo/{PROGRAM}", *arguments],
            "env": [{"name": name, "value": value} for name, value in sorted(variables.items())],
            "volumeMounts": [{"name": "script", "mountPath": "/demo"}],
        }
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": self.name, "labels": {_LABEL: NAME}},
            "spec": {
                "restartPolicy": "Never",
                "terminationGracePeriodSeconds": 10,
                "containers": [container],
                "volumes": [{"name": "script", "configMap": {"name": NAME}}],
            },
        }

    def _put_config_map(self, data: dict[str, str]) -> None:
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": NAME}, "data": data}
        reply = self._api.request("PUT", f"{_CORE}/configmaps/{NAME}", body)
        if reply.status == 404:
            self._send("POST", f"{_CORE}/configmaps", body)
        elif not reply.ok:
            raise _refused("ConfigMap", NAME, reply.body)

    def _remove_ended(self) -> None:
        selector = quote(f"{_LABEL}={NAME}", safe="")
        for pod in self._api.get(f"{_CORE}/pods?labelSelector={selector}")["items"]:
            if pod["status"].get("phase") in ("Succeeded", "Failed"):
                self._api.request("DELETE", f"{_CORE}/pods/{pod['metadata']['name']}")

    def _wait_for_start(self) -> None:
        pod = self._until(lambda pod: pod["status"].get("phase") != "Pending", START_SECONDS)
        if pod["status"].get("phase") == "Pending":
            raise NoProgress(
                f"pod {NAMESPACE}/{self.name} did not start within {START_SECONDS:.0f} s",
                cause=_why(pod),
                advice=command("status", self._access.platform),
            )

    def _until(self, true: Any, seconds: float) -> Object:
        """The pod when `true` of it, or as it is after `seconds`."""
        end = time.monotonic() + seconds
        while True:
            pod = self._api.get(f"{_CORE}/pods/{self.name}")
            if true(pod) or time.monotonic() > end:
                return pod
            time.sleep(0.05)

    def _send(self, method: str, path: str, body: Object) -> None:
        reply = self._api.request(method, path, body)
        if not reply.ok:
            raise _refused(body["kind"], body["metadata"]["name"], reply.body)


def _refused(kind: str, name: str, body: bytes) -> ApiAnswer:
    import json

    status = json.loads(body)
    return ApiAnswer(
        f"{kind} {NAMESPACE}/{name} was refused", status=status["code"], cause=status["message"], advice="minikf doctor"
    )


def _why(pod: Object) -> str:
    """What the pod's status says of its container."""
    for container in pod["status"].get("containerStatuses") or []:
        for state in container.get("state", {}).values():
            reason, message = state.get("reason", ""), state.get("message", "")
            if reason:
                return f"{reason}: {message}" if message else f"{reason} (exit code {state.get('exitCode', '?')})"
    return str(pod["status"].get("message") or f"the pod is {pod['status'].get('phase', 'unknown')}")

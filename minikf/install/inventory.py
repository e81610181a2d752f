"""What MiniKF put into a cluster, written down in the cluster itself: it outlives this machine's files.

A ConfigMap, a key per component, a line an object. It is written before the first object is
applied, with what was there before, and again when all is done.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from minikf.errors import Refused
from minikf.install.objects import Id
from minikf.install.record import Record
from minikf.kube.apply import MANAGER, Calls
from minikf.kube.rest import refusal

NAMESPACE = "kube-system"
"""Every cluster has it and nobody deletes it; one of our own would take the cluster five seconds to remove."""

NAME = "minikf-inventory"
_FORMAT = "1"
_JSON = {"Content-Type": "application/json"}


class Inventory:
    """Read when it is made. All raise NoAnswer, Unreachable or ApiAnswer.

    It is the ConfigMap `name` in `namespace`, written as `manager`.
    """

    def __init__(self, calls: Calls, *, namespace: str = NAMESPACE, name: str = NAME, manager: str = MANAGER) -> None:
        """Also raises Refused for one that a newer MiniKF wrote."""
        self._calls = calls
        self._namespace, self._name, self._manager = namespace, name, manager
        self._path = f"/api/v1/namespaces/{quote(namespace)}/configmaps"
        self._version, self.uid = "", ""
        self.records: dict[Id, Record] = {}
        answer = calls.send("GET", f"{self._path}/{name}")
        if answer.status != HTTPStatus.NOT_FOUND:
            if not answer.ok:
                raise refusal(self._path, answer)
            self._take(json.loads(answer.body))

    @property
    def version(self) -> str:
        """The resourceVersion that was last read or written, "" where there was none."""
        return self._version

    def body(self, records: Mapping[Id, Record]) -> dict[str, Any]:
        """The object that `write` writes."""
        labels = {"app.kubernetes.io/managed-by": self._manager}
        return {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": self._name, "namespace": self._namespace, "labels": labels},
            "data": {"format": _FORMAT, **_by_component(records.values())},
        }

    def write(self, records: Mapping[Id, Record]) -> None:
        """Replaces it. Also raises Refused where somebody else wrote it since it was read."""
        body, query = self.body(records), f"?fieldManager={self._manager}"
        if not self._version:
            found = self._call("POST", self._path + query, body)
        else:
            body["metadata"]["resourceVersion"] = self._version
            found = self._call("PUT", f"{self._path}/{self._name}{query}", body)
        self._version, self.uid = str(found["metadata"]["resourceVersion"]), str(found["metadata"]["uid"])
        self.records = dict(records)

    def remove(self) -> None:
        """There is nothing of ours left."""
        answer = self._calls.send("DELETE", f"{self._path}/{self._name}")
        if not answer.ok and answer.status != HTTPStatus.NOT_FOUND:
            raise refusal(self._path, answer)
        self._version, self.records = "", {}

    def _call(self, method: str, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] | None = None
        answer = self._calls.send(method, path, json.dumps(body).encode(), _JSON)
        if answer.status == HTTPStatus.CONFLICT and (found := self._same(body)) is None:
            raise Refused(
                "somebody else installs on this cluster at the same time",
                cause=f"the inventory {self._namespace}/{self._name} has changed meanwhile",
                advice="wait until that is over, then type the same command again",
            )
        if answer.ok:
            found = json.loads(answer.body)
        elif answer.status != HTTPStatus.CONFLICT:
            raise refusal(path, answer)
        return found or {}

    def _same(self, body: Mapping[str, Any]) -> dict[str, Any] | None:
        """What is there, if it is what we want: we have written it ourselves, and the answer was lost."""
        answer = self._calls.send("GET", f"{self._path}/{self._name}")
        found: dict[str, Any] = json.loads(answer.body) if answer.ok else {}
        return found if found.get("data") == body["data"] else None

    def _take(self, body: Mapping[str, Any]) -> None:
        data = dict(body.get("data") or {})
        version = data.pop("format", _FORMAT)
        if version != _FORMAT:
            raise Refused(
                f"a newer MiniKF has installed on this cluster: its inventory has format {version}",
                advice="minikf version",
            )
        self._version = str(body["metadata"]["resourceVersion"])
        try:
            found = [Record.of(line) for text in data.values() for line in text.splitlines()]
        except ValueError as error:
            raise Refused(
                f"the inventory {self._namespace}/{self._name} cannot be read",
                cause=f"somebody has changed it: {error}",
                advice=f"kubectl -n {self._namespace} get configmap {self._name} -o yaml",
            ) from error
        self.records = {one.id: one for one in found}


def _by_component(records: Iterable[Record]) -> dict[str, str]:
    """A key may have letters, digits, `-`, `_` and `.` only (v1 ConfigMap)."""
    lines: dict[str, list[str]] = {}
    for one in records:
        key = "".join(sign if sign.isalnum() or sign in "-_." else "." for sign in one.component).strip(".") or "."
        lines.setdefault(f"{key}.jsonl", []).append(one.line)
    return {key: "\n".join(sorted(found)) for key, found in sorted(lines.items())}

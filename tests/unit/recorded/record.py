"""Takes the answers of a kube-apiserver to the cases in this folder, for the tests to hold the engine to.

    python -m tests.unit.recorded.record --server https://127.0.0.1:6443 --token TOKEN

The server is a throw-away one: kube-apiserver and etcd alone, without the ServiceAccount admission plugin, with the
CRDs of the kinds in scripts/make_schemas.py. Creates are dry runs; what is changed or shown afterwards
is made and deleted.
"""

from __future__ import annotations

import argparse
import json
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.unit.recorded.cases import cases
from tests.unit.recorded.sequences import Step, sequences
from tests.unit.recorded.shown import shown
from tests.unit.recorded.updates import updates

Object = dict[str, Any]
HERE = Path(__file__).parent
_MERGE = "application/merge-patch+json"
_COLUMN = ("name", "type", "format", "priority")
# What admission and allocation on a whole cluster add, and the fields that differ from run to run.
_VOLATILE = ("uid", "resourceVersion", "creationTimestamp", "generation")
_CLUSTER = {
    "Pod": ("priority", "preemptionPolicy", "tolerations"),
    "Service": ("clusterIPs", "ipFamilies", "ipFamilyPolicy"),
    "Namespace": ("finalizers",),
}


class Server:
    """A kube-apiserver that is asked as the field manager that each call names."""

    def __init__(self, address: str, token: str) -> None:
        self._address = address
        self._token = token
        self._tls = ssl._create_unverified_context()

    def ask(
        self,
        method: str,
        path: str,
        body: Object | None = None,
        kind: str = "application/json",
        accept: str = "application/json",
    ) -> Object:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": kind, "Accept": accept}
        request = urllib.request.Request(self._address + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, context=self._tls) as answer:
                return dict(json.load(answer))
        except urllib.error.HTTPError as error:
            return dict(json.load(error))

    def remove(self, path: str) -> None:
        """Deletes an object for good. A Namespace has nobody else to finalize it here."""
        self.ask("PATCH", path, {"metadata": {"finalizers": None}}, _MERGE)
        deleted = self.ask("DELETE", f"{path}?gracePeriodSeconds=0&propagationPolicy=Background")
        if deleted["kind"] == "Namespace":
            self.ask("PUT", f"{path}/finalize", deleted | {"spec": {}})
        assert self.ask("GET", path).get("reason") == "NotFound", path


def without_cluster(obj: Object) -> Object:
    """An object without what a cluster's own parts add to it."""
    out: Object = json.loads(json.dumps(obj))
    metadata = out["metadata"]
    for field in _VOLATILE:
        metadata.pop(field, None)
    for entry in metadata.get("managedFields") or []:
        if "time" in entry:
            entry["time"] = "2026-01-01T00:00:00Z"
    if metadata.get("finalizers") == ["kubernetes.io/pvc-protection"]:
        del metadata["finalizers"]
    out.pop("status", None)
    spec = out.get("spec") or {}
    for field in _CLUSTER.get(out["kind"], ()):
        spec.pop(field, None)
    if out.get("spec") == {}:
        del out["spec"]
    return out


def _answers(server: Server) -> list[Object]:
    found = []
    for path, obj in cases():
        answer = server.ask("POST", f"{path}?dryRun=All&fieldManager=me", obj)
        result = _result(answer, 201)
        found.append(result if answer["kind"] == "Status" else _job_uid_out(result, answer))
    return found


def _result(answer: Object, code: int) -> Object:
    if answer["kind"] != "Status":
        return {"code": code, "object": without_cluster(answer)}
    causes = (answer.get("details") or {}).get("causes") or []
    return {"code": answer["code"], "message": answer["message"], "causes": causes}


def _job_uid_out(obj: Object, answer: Object) -> Object:
    """A Job's labels hold its uid: written as `UID`."""
    out: Object = json.loads(json.dumps(obj).replace(answer["metadata"]["uid"], "UID"))
    return out


def _step(server: Server, path: str, name: str, step: Step) -> Object:
    query = f"fieldManager={step.manager}"
    if step.verb == "create":
        return server.ask("POST", f"{path}?{query}", step.body)
    if step.verb == "update":
        current = server.ask("GET", f"{path}/{name}")
        version = {"resourceVersion": current["metadata"]["resourceVersion"]}
        body = step.body | {"metadata": step.body["metadata"] | version}
        return server.ask("PUT", f"{path}/{name}?{query}", body)
    if step.verb == "patch":
        return server.ask("PATCH", f"{path}/{name}?{query}", step.body, _MERGE)
    force = f"&force={str(step.force).lower()}"
    return server.ask("PATCH", f"{path}/{name}?{query}{force}", step.body, "application/apply-patch+yaml")


def _applies(server: Server) -> list[list[Object]]:
    found = []
    for path, name, steps in sequences():
        results = []
        for step in steps:
            answer = _step(server, path, name, step)
            if answer["kind"] == "Status":
                results.append({"code": answer["code"], "message": answer["message"]})
            else:
                results.append({"code": 200, "object": without_cluster(answer)})
        server.remove(f"{path}/{name}")
        found.append(results)
    return found


def _tables(server: Server) -> list[Object]:
    found = []
    for path, obj in shown():
        name = f"{path}/{obj['metadata']['name']}"
        made = server.ask("POST", path, obj)
        assert made["kind"] != "Status", (path, made)
        if obj.get("status"):
            stored = server.ask("PUT", f"{name}/status", made | {"status": obj["status"]})
            assert stored["kind"] != "Status", (path, stored)
        table, moment = _table_at_a_known_second(server, name)
        (row,) = table["rows"]
        row["object"]["metadata"].pop("managedFields", None)
        columns = [[column[field] for field in _COLUMN] for column in table["columnDefinitions"]]
        found.append({"columns": columns, "now": moment} | row)
        server.remove(name)
    return found


def _table_at_a_known_second(server: Server, name: str) -> tuple[Object, str]:
    """The table of one object with its age, and a time that this age counts from."""
    while True:
        before = int(time.time())
        table = server.ask("GET", f"{name}?includeObject=Object", accept="application/json;as=Table;g=meta.k8s.io;v=v1")
        if int(time.time()) == before:
            return table, datetime.fromtimestamp(before, UTC).isoformat()


def _updates(server: Server) -> list[list[Object]]:
    found = []
    for path, obj, changes in updates():
        name = f"{path}/{obj['metadata']['name']}"
        made = server.ask("POST", path, obj)
        assert made["kind"] != "Status", (path, made)
        results = []
        for change in changes:
            answer = server.ask("PATCH", f"{name}?dryRun=All&fieldManager=me", change, _MERGE)
            results.append(_result(answer, 200))
        found.append([_job_uid_out(without_cluster(made), made), *(_job_uid_out(r, made) for r in results)])
        server.remove(name)
    return found


def main() -> None:
    options = argparse.ArgumentParser(description="Records a kube-apiserver's answers for the tests.")
    options.add_argument("--server", required=True)
    options.add_argument("--token", required=True)
    options.add_argument("only", nargs="*", help="the files to make, of creates, applies, tables and updates")
    given = options.parse_args()
    server = Server(given.server, given.token)
    version = server.ask("GET", "/version")["gitVersion"]
    takers: dict[str, Callable[[Server], list[Any]]] = {
        "creates": _answers,
        "applies": _applies,
        "tables": _tables,
        "updates": _updates,
    }
    for name in given.only or takers:
        recorded = takers[name](server)
        path = HERE / "answers" / f"{name}.json"
        path.write_text(json.dumps({"server": version, "answers": recorded}, sort_keys=True, indent=0) + "\n")
        print(f"wrote {path} ({len(recorded)} answers of {version})")


if __name__ == "__main__":
    main()

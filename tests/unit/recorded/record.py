"""Takes the answers of a kube-apiserver to the cases in this folder, for the tests to hold the engine to.

    python -m tests.unit.recorded.record --server https://127.0.0.1:6443 --token TOKEN

The server is a throw-away one: kube-apiserver and etcd alone, without the ServiceAccount admission plugin, with the
CRDs of the kinds in scripts/make_schemas.py. Creates are dry runs; the applies of `sequences.py` are not.
"""

from __future__ import annotations

import argparse
import json
import ssl
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from tests.unit.recorded.cases import cases
from tests.unit.recorded.sequences import Step, sequences

Object = dict[str, Any]
HERE = Path(__file__).parent
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

    def ask(self, method: str, path: str, body: Object | None = None, kind: str = "application/json") -> Object:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": kind}
        request = urllib.request.Request(self._address + path, data, headers, method=method)
        try:
            with urllib.request.urlopen(request, context=self._tls) as answer:
                return dict(json.load(answer))
        except urllib.error.HTTPError as error:
            return dict(json.load(error))


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
        if answer["kind"] == "Status":
            causes = (answer.get("details") or {}).get("causes") or []
            result = {"code": answer["code"], "message": answer["message"], "causes": causes}
        else:
            result = {"code": 201, "object": _job_uid_out(without_cluster(answer), answer)}
        found.append(result)
    return found


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
        return server.ask("PATCH", f"{path}/{name}?{query}", step.body, "application/merge-patch+json")
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
        server.ask("PATCH", f"{path}/{name}", {"metadata": {"finalizers": None}}, "application/merge-patch+json")
        server.ask("DELETE", f"{path}/{name}")
        found.append(results)
    return found


def main() -> None:
    options = argparse.ArgumentParser(description="Records a kube-apiserver's answers for the tests.")
    options.add_argument("--server", required=True)
    options.add_argument("--token", required=True)
    given = options.parse_args()
    server = Server(given.server, given.token)
    version = server.ask("GET", "/version")["gitVersion"]
    for name, recorded in (("creates", _answers(server)), ("applies", _applies(server))):
        path = HERE / "answers" / f"{name}.json"
        path.write_text(json.dumps({"server": version, "answers": recorded}, sort_keys=True, indent=0) + "\n")
        print(f"wrote {path} ({len(recorded)} answers of {version})")


if __name__ == "__main__":
    main()

"""Pods: defaults, validation, what may change after creation."""

from __future__ import annotations

from typing import Any

from ..case import Case, Http, Kubectl
from . import objects as o

_P = f"{o.PODS}/p"
_MAIN = {"name": "main", "image": "python:3.11", "command": ["python"]}


def _main(**fields: Any) -> o.Object:
    return {"containers": [_MAIN | fields]}


def _refused(spec: o.Object, expect: int = 422) -> Http:
    return Http("POST", o.PODS, o.pod("bad", spec), expect=expect)


_RICH = {
    "restartPolicy": "Never",
    "terminationGracePeriodSeconds": 3,
    "activeDeadlineSeconds": 60,
    "initContainers": [_MAIN | {"name": "init"}],
    "containers": [
        _MAIN
        | {
            "env": [
                {"name": "A", "value": "1"},
                {"name": "B", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "k", "optional": True}}},
                {"name": "C", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
            ],
            "envFrom": [{"secretRef": {"name": "s"}}],
            "ports": [{"containerPort": 8080, "name": "http"}],
            "resources": {"limits": {"cpu": "1", "memory": "64Mi"}},
            "readinessProbe": {"httpGet": {"path": "/ready", "port": 8080}},
            "livenessProbe": {"exec": {"command": ["true"]}, "periodSeconds": 2},
            "volumeMounts": [{"name": "config", "mountPath": "/config"}, {"name": "work", "mountPath": "/work"}],
        }
    ],
    "volumes": [
        {"name": "config", "configMap": {"name": "c"}},
        {"name": "secret", "secret": {"secretName": "s"}},
        {"name": "work", "emptyDir": {}},
        {"name": "data", "persistentVolumeClaim": {"claimName": "d"}},
    ],
}

CASES = (
    Case(
        "pod-defaults",
        (
            Http("POST", o.PODS, o.pod("p"), expect=201),
            Http("POST", o.PODS, o.pod("rich", _RICH, labels={"a": "b"}), expect=201),
            Http("POST", o.PODS, o.pod("tagless", _main(image="python")), expect=201),
            Kubectl("get pods"),
            Kubectl("get pods -o wide"),
            Http("GET", o.PODS, accept=o.TABLE),
            Kubectl("get pod rich -o yaml --show-managed-fields"),
        ),
    ),
    Case(
        "pod-token-mount",
        (
            Http(
                "PATCH",
                "/api/v1/namespaces/$ns/serviceaccounts/default",
                {"automountServiceAccountToken": True},
                content_type=o.MERGE,
            ),
            Http("POST", o.PODS, o.pod("p"), expect=201),
        ),
    ),
    Case(
        "pod-invalid",
        (
            _refused({"containers": []}),
            _refused({"containers": None}),
            _refused({"containers": [{"image": "x"}]}),
            _refused({"containers": [{"name": "a"}]}),
            _refused({"containers": [{"name": "Bad_Name", "image": "x"}]}),
            _refused({"containers": [_MAIN, _MAIN]}),
            _refused({"restartPolicy": "Sometimes"}),
            _refused(_main(imagePullPolicy="Sometimes")),
            _refused(_main(image=" x ")),
            _refused(_main(env=[{"value": "x"}])),
            _refused(_main(env=[{"name": "A", "value": 1}]), 400),
            _refused(
                _main(env=[{"name": "A", "value": "1", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}])
            ),
            _refused(_main(env=[{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "spec.nothing"}}}])),
            _refused(_main(ports=[{"containerPort": 0}])),
            _refused(_main(ports=[{"containerPort": 70000}])),
            _refused(_main(ports=[{"containerPort": "80"}]), 400),
            _refused(_main(ports=[{"containerPort": 80, "protocol": "HTTP"}])),
            _refused(_main(resources={"limits": {"memory": "lots"}}), 400),
            _refused(_main(resources={"limits": {"memory": "-1"}})),
            _refused(_main(resources={"limits": {"cpu": "1"}, "requests": {"cpu": "2"}})),
            _refused(_main(volumeMounts=[{"name": "nothing", "mountPath": "/x"}])),
            _refused(_main(command="python"), 400),
            _refused(_main(livenessProbe={"periodSeconds": 5})),
            _refused(_main(livenessProbe={"tcpSocket": {"port": 80}, "periodSeconds": -1})),
            _refused({"volumes": [{"name": "a"}, {"name": "a", "emptyDir": {}}]}),
            _refused({"volumes": [{"name": "a", "emptyDir": {}, "configMap": {"name": "x"}}]}),
            _refused({"activeDeadlineSeconds": 0}),
            _refused({"terminationGracePeriodSeconds": -1}, 201),
            _refused({"serviceAccountName": "nobody"}, 403),
            _refused({"nodeSelector": {"bad key": "x"}}),
            _refused({"hostname": "Bad_Name"}),
            _refused({"containers": "x"}, 400),
            Http("POST", o.PODS, {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}}, expect=422),
            Kubectl("create -f -", stdin=o.pod("bad", {"containers": [{"name": "a"}]}), expect=1),
        ),
    ),
    Case(
        "pod-immutable",
        (
            Http("POST", o.PODS, o.pod("p", labels={"a": "b"}), expect=201),
            Http("PATCH", _P, {"metadata": {"labels": {"a": "c"}}}, content_type=o.MERGE),
            Http("PATCH", _P, {"spec": {"containers": [{"name": "main", "image": "new"}]}}, content_type=o.STRATEGIC),
            Http("PATCH", _P, {"spec": {"activeDeadlineSeconds": 100}}, content_type=o.MERGE),
            Http("PATCH", _P, {"spec": {"activeDeadlineSeconds": 50}}, content_type=o.MERGE),
            Http("PATCH", _P, {"spec": {"activeDeadlineSeconds": 200}}, content_type=o.MERGE, expect=422),
            Http("PATCH", _P, {"spec": {"restartPolicy": "Never"}}, content_type=o.MERGE, expect=422),
            Http("PATCH", _P, {"spec": {"nodeName": "node"}}, content_type=o.MERGE, expect=422),
            Http(
                "PATCH",
                _P,
                {"spec": {"containers": [{"name": "main", "command": ["other"]}]}},
                content_type=o.STRATEGIC,
                expect=422,
            ),
            Http("GET", _P, save=o.RV),
            Http("PUT", _P, o.pod("p", {"hostname": "x"}, resourceVersion="$rv"), expect=422),
        ),
    ),
    Case(
        "pod-conditions",
        (
            Http("POST", o.PODS, o.pod("p", {"nodeName": "node"}), expect=201),
            Http(
                "PATCH",
                f"{_P}/status",
                {
                    "status": {
                        "phase": "Running",
                        "conditions": [{"type": "Ready", "status": "True"}],
                        "containerStatuses": [
                            {
                                "name": "main",
                                "image": "python:3.11",
                                "imageID": "",
                                "ready": True,
                                "restartCount": 2,
                                "state": {"running": {"startedAt": "2001-01-01T00:00:00Z"}},
                            }
                        ],
                    }
                },
                content_type=o.MERGE,
            ),
            Kubectl("get pod p"),
            Kubectl("wait pod/p --for=condition=Ready --timeout=5s"),
            Http(
                "PATCH",
                f"{_P}/status",
                {
                    "status": {
                        "phase": "Failed",
                        "containerStatuses": [
                            {
                                "name": "main",
                                "image": "python:3.11",
                                "imageID": "",
                                "ready": False,
                                "restartCount": 2,
                                "state": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}},
                            }
                        ],
                    }
                },
                content_type=o.MERGE,
            ),
            Kubectl("get pod p"),
            Kubectl("get pods --field-selector=status.phase=Failed -o name"),
        ),
    ),
    Case(
        "pod-log-of-pending",
        (
            Http("POST", o.PODS, o.pod("p"), expect=201),
            Kubectl("logs nothing", expect=1),
        ),
    ),
)

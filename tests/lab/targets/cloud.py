"""A cloud's shape on a real API server without nodes: the objects that a probe looks at, as their owners write them.

No controller runs there, so what controllers would report is written into the status by hand.
"""

from __future__ import annotations

from typing import Any

from apiserver.server import Server

SPACE, SECRET = "team", "dGhlLXZhbHVlLW9mLWEtc2VjcmV0"
GPU_TAINT = {"key": "nvidia.com/gpu", "value": "present", "effect": "NoSchedule"}
_OWN = "storage.example.com"  # a provisioner that no documentation tells of
_POLICIES = "/apis/admissionregistration.k8s.io/v1"


def furnish(server: Server, queues: dict[str, Any] | None) -> None:
    """Makes all of it. `queues` is Kueue's definition of LocalQueue, None where it cannot be had."""
    labels = {"pod-security.kubernetes.io/enforce": "restricted", "team": "ml"}
    make(server, "/api/v1/namespaces", {"metadata": {"name": SPACE, "labels": labels}})
    make(server, "/api/v1/namespaces", {"metadata": {"name": "elsewhere"}})
    _storage(server)
    for number in (1, 2):
        _node(server, f"plain-{number}", {"node.kubernetes.io/instance-type": "e2-standard-4"}, {"cpu": "3920m"}, [])
    for number in (1, 2, 3):
        gpu = {"cloud.google.com/gke-accelerator": "nvidia-l4", "node.kubernetes.io/instance-type": "g2-standard-8"}
        has = {"cpu": "7910m", "memory": f"{30000000 + number}Ki", "nvidia.com/gpu": "1"}
        _node(server, f"gpu-{number}", gpu, has, [GPU_TAINT])
    _in_namespace(server)
    _policies(server)
    if queues is not None:
        make(server, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", queues)
    for name, value in (("high", 1000), ("low", 1)):
        make(server, "/apis/scheduling.k8s.io/v1/priorityclasses", {"metadata": {"name": name}, "value": value})
    ingress = {"metadata": {"name": "nginx"}, "spec": {"controller": "example.com/nginx"}}
    make(server, "/apis/networking.k8s.io/v1/ingressclasses", ingress)


def make(server: Server, path: str, obj: dict[str, Any], status: dict[str, Any] | None = None) -> None:
    """Creates an object, and writes a status where one is given."""
    code, answer = server.request("POST", path, obj)
    assert code == 201, answer
    if status is not None:
        place = f"{path}/{obj['metadata']['name']}/status"
        code, answer = server.request("PUT", place, {**answer, "status": status})
        assert code == 200, answer


def admin_of_a_namespace(server: Server, user: str) -> None:
    """Rights as the role `admin` of a namespace gives them. That role is put together by a controller, which does not
    run here; so its parts are bound."""
    for part in ("admin", "edit", "view"):
        binding = {
            "metadata": {"name": f"{user}-{part}"},
            "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io",
                "kind": "ClusterRole",
                "name": f"system:aggregate-to-{part}",
            },
            "subjects": [{"kind": "User", "apiGroup": "rbac.authorization.k8s.io", "name": user}],
        }
        make(server, f"/apis/rbac.authorization.k8s.io/v1/namespaces/{SPACE}/rolebindings", binding)


def _storage(server: Server) -> None:
    path = "/apis/storage.k8s.io/v1/storageclasses"
    default = {"storageclass.kubernetes.io/is-default-class": "true"}
    for name, provisioner, marks in (
        ("standard-rwo", "pd.csi.storage.gke.io", default),
        ("standard-rwx", "filestore.csi.storage.gke.io", {}),
        ("own", _OWN, {}),
    ):
        more = {"volumeBindingMode": "WaitForFirstConsumer", "allowVolumeExpansion": True}
        make(server, path, {"metadata": {"name": name, "annotations": marks}, "provisioner": provisioner, **more})
    volume = {
        "metadata": {"name": "pv-1"},
        "spec": {
            "storageClassName": "own", "accessModes": ["ReadWriteMany"], "capacity": {"storage": "1Gi"},
            "csi": {"driver": _OWN, "volumeHandle": "1"},
        },
    }  # fmt: skip
    make(server, "/api/v1/persistentvolumes", volume, {"phase": "Bound"})
    free = {**volume, "metadata": {"name": "pv-2"}}
    free["spec"] = {**volume["spec"], "accessModes": ["ReadOnlyMany"]}  # type: ignore[dict-item]
    make(server, "/api/v1/persistentvolumes", free, {"phase": "Available"})


def _node(server: Server, name: str, labels: dict[str, str], has: dict[str, str], taints: list[dict[str, str]]) -> None:
    every = {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}
    amounts = {"memory": "16Gi", "pods": "110", **has}
    status = {
        "allocatable": amounts, "capacity": amounts, "addresses": [{"type": "Hostname", "address": name}],
        "nodeInfo": {
            "operatingSystem": "linux", "architecture": "amd64", "kubeletVersion": "v1.34.4", "machineID": name * 2,
            "systemUUID": "", "bootID": "", "kernelVersion": "", "osImage": "", "containerRuntimeVersion": "",
            "kubeProxyVersion": "",
        },
    }  # fmt: skip
    obj = {"metadata": {"name": name, "labels": labels | every | {"example.com/machine": name * 2}}}
    make(server, "/api/v1/nodes", obj, status)
    # Admission marks a new node as not ready, and the node's kubelet would take that off again.
    _, made = server.request("GET", f"/api/v1/nodes/{name}")
    code, answer = server.request("PUT", f"/api/v1/nodes/{name}", {**made, "spec": {"taints": taints}})
    assert code == 200, answer


def _in_namespace(server: Server) -> None:
    here = f"/api/v1/namespaces/{SPACE}"
    make(server, f"{here}/secrets", {"metadata": {"name": "db"}, "data": {"user": SECRET, "password": SECRET}})
    make(server, f"{here}/secrets", {"metadata": {"name": "unnamed"}, "data": {"key": SECRET}})
    make(server, f"{here}/configmaps", {"metadata": {"name": "settings"}})
    quota = {"metadata": {"name": "small"}, "spec": {"hard": {"pods": "5", "requests.nvidia.com/gpu": "1"}}}
    hard = quota["spec"]["hard"]  # type: ignore[index]
    make(server, f"{here}/resourcequotas", quota, {"hard": hard, "used": {"pods": "5", "requests.nvidia.com/gpu": "0"}})
    claim = {
        "metadata": {"name": "data", "annotations": {"volume.kubernetes.io/storage-provisioner": _OWN}},
        "spec": {
            "storageClassName": "own", "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}},
        },
    }  # fmt: skip
    bound = {"phase": "Bound", "accessModes": ["ReadWriteOnce"]}
    make(server, f"{here}/persistentvolumeclaims", claim, bound)


def _policies(server: Server) -> None:
    rule = {"apiGroups": ["apps", ""], "apiVersions": ["v1"], "operations": ["CREATE"]}
    for name, message, actions, where in (
        ("no-latest", "say which image", ["Deny"], {"matchLabels": {"team": "ml"}}),
        ("other-team", "not here", ["Deny"], {"matchLabels": {"team": "other"}}),
        ("hints", "better not", ["Warn", "Audit"], None),
        ("watching", "only seen", ["Audit"], None),
    ):
        spec = {
            "failurePolicy": "Fail",
            "matchConstraints": {"resourceRules": [{**rule, "resources": ["deployments", "pods"]}]},
            "validations": [{"expression": "object.metadata.name != 'x'", "message": message}],
        }
        make(server, f"{_POLICIES}/validatingadmissionpolicies", {"metadata": {"name": name}, "spec": spec})
        binding: dict[str, Any] = {"policyName": name, "validationActions": actions}
        if where is not None:
            binding["matchResources"] = {"namespaceSelector": where}
        make(server, f"{_POLICIES}/validatingadmissionpolicybindings", {"metadata": {"name": name}, "spec": binding})
    hook = {
        "name": "inferenceservice.example.com",
        "clientConfig": {"service": {"namespace": "kserve-system", "name": "kserve-webhook"}},
        "rules": [{"apiGroups": ["serving.kserve.io"], "apiVersions": ["*"], "operations": ["CREATE", "UPDATE"],
                   "resources": ["inferenceservices"]}],
        "sideEffects": "None", "admissionReviewVersions": ["v1"],
    }  # fmt: skip
    configuration = {"metadata": {"name": "inferenceservice.serving.kserve.io"}, "webhooks": [hook]}
    make(server, f"{_POLICIES}/validatingwebhookconfigurations", configuration)


def install_kserve(server: Server) -> None:
    """What a probe reads of KServe: its configuration and its controller, in a namespace of its own."""
    make(server, "/api/v1/namespaces", {"metadata": {"name": "kserve-system"}})
    config = {
        "metadata": {"name": "inferenceservice-config"},
        "data": {"deploy": '{"defaultDeploymentMode": "Standard"}'},
    }
    make(server, "/api/v1/namespaces/kserve-system/configmaps", config)
    pod = {"metadata": {"labels": {"a": "b"}}, "spec": {"containers": [{"name": "manager", "image": "example.com/a"}]}}
    spec = {"selector": {"matchLabels": {"a": "b"}}, "template": pod}
    deployment = {"metadata": {"name": "kserve-controller-manager"}, "spec": spec}
    make(server, "/apis/apps/v1/namespaces/kserve-system/deployments", deployment)
    runtime = {
        "metadata": {"name": "kserve-sklearnserver"},
        "spec": {
            "supportedModelFormats": [{"name": "sklearn", "version": "1", "autoSelect": True}, {"name": "joblib"}],
            "containers": [{"name": "kserve-container", "image": "example.com/server"}],
        },
    }
    head = {"apiVersion": "serving.kserve.io/v1alpha1", "kind": "ClusterServingRuntime"}
    make(server, "/apis/serving.kserve.io/v1alpha1/clusterservingruntimes", {**head, **runtime})
    off = {**runtime["spec"], "disabled": True}
    head = {"apiVersion": "serving.kserve.io/v1alpha1", "kind": "ServingRuntime"}
    here = f"/apis/serving.kserve.io/v1alpha1/namespaces/{SPACE}/servingruntimes"
    make(server, here, {**head, "metadata": {"name": "switched-off"}, "spec": off})

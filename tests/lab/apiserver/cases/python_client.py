"""The official Python client: typed calls, custom objects, watches of its own making."""

from __future__ import annotations

from typing import Any

from ..case import Case, Python
from . import objects as o

_TRAINER = {
    "group": "trainer.kubeflow.org",
    "version": "v1alpha1",
    "namespace": "$ns",
    "plural": "trainjobs",
}


def _core(call: str, expect: int = 0, **kwargs: Any) -> Python:
    return Python("CoreV1Api", call, kwargs, expect)


def _custom(call: str, expect: int = 0, **kwargs: Any) -> Python:
    return Python("CustomObjectsApi", call, {**_TRAINER, **kwargs}, expect)


_NS: dict[str, Any] = {"namespace": "$ns"}

CASES = (
    Case(
        "python-core",
        (
            _core("create_namespaced_config_map", **_NS, body=o.config_map("a", labels={"x": "y"})),
            _core("create_namespaced_config_map", 409, **_NS, body=o.config_map("a")),
            _core("read_namespaced_config_map", **_NS, name="a"),
            _core("list_namespaced_config_map", **_NS, label_selector="x=y"),
            _core("list_namespaced_config_map", **_NS, limit=1),
            _core("patch_namespaced_config_map", **_NS, name="a", body={"data": {"b": "2"}}),
            _core("replace_namespaced_config_map", **_NS, name="a", body=o.config_map("a", {"z": "1"})),
            _core("create_namespaced_secret", **_NS, body=o.secret("s")),
            _core("create_namespaced_pod", **_NS, body=o.pod("p")),
            _core("create_namespaced_pod", 422, **_NS, body=o.pod("q", {"restartPolicy": "x"})),
            _core("patch_namespaced_pod", **_NS, name="p", body={"metadata": {"labels": {"a": "b"}}}),
            _core("read_namespaced_pod_status", **_NS, name="p"),
            _core("delete_namespaced_pod", **_NS, name="p", grace_period_seconds=0),
            _core("delete_namespaced_config_map", **_NS, name="a"),
            _core("delete_namespaced_config_map", 404, **_NS, name="a"),
            _core("delete_collection_namespaced_secret", **_NS, label_selector="nothing=here"),
            _core("list_namespaced_secret", **_NS),
            _core("read_namespace", name="$ns"),
        ),
    ),
    Case(
        "python-custom",
        (
            _custom("create_namespaced_custom_object", body=o.train_job("t")),
            _custom("create_namespaced_custom_object", 409, body=o.train_job("t")),
            _custom("create_namespaced_custom_object", 422, body=o.train_job("u", {"suspend": 5})),
            _custom("get_namespaced_custom_object", name="t"),
            _custom("list_namespaced_custom_object"),
            _custom("patch_namespaced_custom_object", name="t", body={"spec": {"suspend": True}}),
            _custom("patch_namespaced_custom_object_status", name="t", body={"status": {"jobsStatus": []}}),
            _custom("get_namespaced_custom_object_status", name="t"),
            _custom("delete_namespaced_custom_object", name="t"),
            _custom("get_namespaced_custom_object", 404, name="t"),
        ),
        needs_crds=True,
    ),
)

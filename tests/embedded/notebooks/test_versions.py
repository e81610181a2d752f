"""One Notebook through its three versions, with the official client and with kubectl."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from kubernetes import client, config, dynamic, watch

from minikf.spec import Access
from minikf.verbs import notebook as verb
from tests.embedded.notebooks.lab import body

KUBECTL = shutil.which("kubectl")
VERSIONS = ("v1", "v1beta1", "v1alpha1")


def where(version: str) -> dict[str, str]:
    return {"group": "kubeflow.org", "version": version, "namespace": "default", "plural": "notebooks"}


def stopped(name: str, version: str) -> dict[str, Any]:
    """A notebook that nobody starts: this is about the object."""
    made = {**body(name), "apiVersion": f"kubeflow.org/{version}"}
    made["metadata"]["annotations"] = {verb.STOP_ANNOTATION: "2026-01-01T00:00:00Z"}
    return made


@pytest.fixture
def connection(platform: Access) -> Iterator[client.ApiClient]:
    with config.new_client_from_config(str(platform.kubeconfig)) as found:
        yield found


def test_one_object_is_seen_and_changed_in_every_version(connection: client.ApiClient) -> None:
    api, found, name = client.CustomObjectsApi(connection), dynamic.DynamicClient(connection), "seen"
    made = api.create_namespaced_custom_object(body=stopped(name, "v1alpha1"), **where("v1alpha1"))
    assert made["apiVersion"] == "kubeflow.org/v1alpha1"
    seen = {version: api.get_namespaced_custom_object(name=name, **where(version)) for version in VERSIONS}
    assert {version: one.pop("apiVersion") for version, one in seen.items()} == {
        version: f"kubeflow.org/{version}" for version in VERSIONS
    }
    assert seen["v1"] == seen["v1beta1"] == seen["v1alpha1"]
    # Each writer is remembered with the version that it wrote in.
    told = {entry["apiVersion"] for entry in seen["v1"]["metadata"]["managedFields"] if "subresource" not in entry}
    assert told == {"kubeflow.org/v1alpha1"}
    for version in VERSIONS:
        listed = api.list_namespaced_custom_object(field_selector=f"metadata.name={name}", **where(version))
        assert (listed["apiVersion"], listed["kind"]) == (f"kubeflow.org/{version}", "NotebookList")
        assert [one["apiVersion"] for one in listed["items"]] == [f"kubeflow.org/{version}"]

    def patch(version: str, change: Any) -> Any:
        form = "json-patch" if isinstance(change, list) else "merge-patch"
        resource = found.resources.get(api_version=f"kubeflow.org/{version}", kind="Notebook")
        content_type = f"application/{form}+json"
        return resource.patch(body=change, name=name, namespace="default", content_type=content_type).to_dict()

    assert patch("v1beta1", {"metadata": {"labels": {"by": "merge"}}})["apiVersion"] == "kubeflow.org/v1beta1"
    # A patch sees the object as its version shows it.
    tested = [{"op": "test", "path": "/apiVersion", "value": "kubeflow.org/v1alpha1"}]
    assert patch("v1alpha1", [*tested, {"op": "add", "path": "/metadata/labels/too", "value": "json"}])
    with pytest.raises(client.ApiException) as error:
        patch("v1", tested)
    assert error.value.status in (409, 422)
    with pytest.raises(client.ApiException) as error:
        patch("v1beta1", {"apiVersion": "kubeflow.org/v1"})
    assert error.value.status in (400, 422) and "kubeflow.org/v1beta1" in str(error.value.body)
    one = api.get_namespaced_custom_object(name=name, **where("v1"))
    assert one["metadata"]["labels"] == {"by": "merge", "too": "json"}
    one["apiVersion"] = "kubeflow.org/v1beta1"
    one["metadata"]["labels"] = {"by": "put"}
    again = api.replace_namespaced_custom_object(name=name, body=one, **where("v1beta1"))
    assert (again["metadata"]["labels"], again["apiVersion"]) == ({"by": "put"}, "kubeflow.org/v1beta1")
    with pytest.raises(client.ApiException) as error:
        api.replace_namespaced_custom_object(name=name, body=again, **where("v1"))
    assert error.value.status == 400 and "does not match the expected API version" in error.value.body
    with pytest.raises(client.ApiException) as error:
        api.get_namespaced_custom_object(name=name, **where("v2"))
    assert error.value.status == 404 and "kubeflow.org/v1beta1, kubeflow.org/v1alpha1" in error.value.body
    api.delete_namespaced_custom_object(name=name, **where("v1alpha1"))
    assert not api.list_namespaced_custom_object(field_selector=f"metadata.name={name}", **where("v1"))["items"]


def test_a_watch_speaks_its_version_whoever_writes(connection: client.ApiClient) -> None:
    api, name = client.CustomObjectsApi(connection), "watched"
    since = api.list_namespaced_custom_object(**where("v1"))["metadata"]["resourceVersion"]
    api.create_namespaced_custom_object(body=stopped(name, "v1"), **where("v1"))
    api.delete_namespaced_custom_object(name=name, **where("v1beta1"))
    events = watch.Watch().stream(
        api.list_namespaced_custom_object,
        field_selector=f"metadata.name={name}",
        resource_version=since,
        timeout_seconds=60,
        **where("v1alpha1"),
    )
    seen = []
    for event in events:
        seen.append(event["type"])
        assert event["object"]["apiVersion"] == "kubeflow.org/v1alpha1"
        if event["type"] == "DELETED":
            break
    assert seen[0] == "ADDED" and seen[-1] == "DELETED"


def test_discovery_and_apply_know_each_version(connection: client.ApiClient) -> None:
    found = dynamic.DynamicClient(connection)
    name = "applied"
    for version in VERSIONS:
        resource = found.resources.get(api_version=f"kubeflow.org/{version}", kind="Notebook")
        applied = resource.server_side_apply(
            body={**stopped(name, version), "metadata": {**stopped(name, version)["metadata"], "labels": {"v": "1"}}},
            namespace="default", name=name, field_manager="one",
        )  # fmt: skip
        assert applied.apiVersion == f"kubeflow.org/{version}"
    managers = [entry for entry in applied.to_dict()["metadata"]["managedFields"] if entry["operation"] == "Apply"]
    assert [(entry["manager"], entry["apiVersion"]) for entry in managers] == [("one", "kubeflow.org/v1alpha1")]
    old = found.resources.get(api_version="kubeflow.org/v1", kind="Notebook")
    other = {"apiVersion": "kubeflow.org/v1", "kind": "Notebook", "metadata": {"name": name, "labels": {"v": "2"}}}
    with pytest.raises(client.ApiException) as error:  # the dynamic client's errors are this one's
        old.server_side_apply(body=other, namespace="default", name=name, field_manager="two")
    assert error.value.status == 409 and "labels.v" in str(error.value.body)
    preferred = found.resources.get(kind="Notebook", group="kubeflow.org", preferred=True)
    assert preferred.group_version == "kubeflow.org/v1"
    old.delete(name=name, namespace="default")


@pytest.mark.skipif(KUBECTL is None, reason="no program kubectl is on PATH")
def test_kubectl_gets_applies_explains_and_deletes_in_every_version(platform: Access) -> None:
    def kubectl(*words: str, stdin: Any = None, code: int = 0) -> str:
        done = subprocess.run(
            [str(KUBECTL), "--kubeconfig", str(platform.kubeconfig), *words],
            input=None if stdin is None else json.dumps(stdin), capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    name = "typed-versions"
    assert kubectl("apply", "-f", "-", stdin=stopped(name, "v1beta1")).startswith("notebook.kubeflow.org/")
    for version in VERSIONS:
        resource = f"notebooks.{version}.kubeflow.org"
        assert name in kubectl("get", resource)
        assert json.loads(kubectl("get", resource, name, "-o", "json"))["apiVersion"] == f"kubeflow.org/{version}"
        assert "VERSION:    " + version in kubectl("explain", "notebooks", f"--api-version=kubeflow.org/{version}")
        labelled = {**stopped(name, version)}
        labelled["metadata"]["labels"] = {"in": version}
        assert "configured" in kubectl("apply", "-f", "-", stdin=labelled)
        assert kubectl("diff", "-f", "-", stdin=labelled) == ""
    assert json.loads(kubectl("get", "notebook", name, "-o", "json"))["apiVersion"] == "kubeflow.org/v1"
    assert kubectl("get", "notebook", name, "-o", "jsonpath={.metadata.labels.in}") == "v1alpha1"
    assert "serverside-applied" in kubectl(
        "apply", "--server-side", "--force-conflicts", "-f", "-", stdin=stopped(name, "v1alpha1")
    )
    assert "deleted" in kubectl("delete", f"notebooks.v1beta1.kubeflow.org/{name}")
    assert "not found" in kubectl("get", "notebook", name, code=1)

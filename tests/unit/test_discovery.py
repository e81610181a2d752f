"""Discovery: every kind of the table, in the shapes that clients ask for."""

from __future__ import annotations

import pytest

from minikf.embedded import discovery, kinds
from minikf.embedded.store import Entry


def test_every_kind_is_discovered_in_both_forms() -> None:
    legacy = set()
    for group, versions in kinds.groups().items():
        for version in versions:
            listed = discovery.resource_list(group, version)
            assert listed is not None
            assert listed["groupVersion"] == (f"{group}/{version}" if group else version)
            legacy |= {(group, version, r["name"], r["kind"]) for r in listed["resources"] if "/" not in r["name"]}
    aggregated = set()
    for core in (True, False):
        for group in discovery.aggregated(core, "v2")["items"]:
            for version in group["versions"]:
                for resource in version["resources"]:
                    name = group["metadata"].get("name", "")
                    kind = resource["responseKind"]["kind"]
                    aggregated.add((name, version["version"], resource["resource"], kind))
    assert legacy == aggregated == {(k.group, k.version, k.plural, k.kind) for k in kinds.SERVED}


def test_a_pod_as_a_kube_apiserver_lists_it() -> None:
    listed = discovery.resource_list("", "v1")
    assert listed is not None and "apiVersion" not in listed
    by_name = {resource["name"]: resource for resource in listed["resources"]}
    assert by_name["pods"] == {
        "name": "pods",
        "singularName": "pod",
        "namespaced": True,
        "kind": "Pod",
        "verbs": ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"],
        "shortNames": ["po"],
        "categories": ["all"],
    }
    assert by_name["pods/status"]["verbs"] == ["get", "patch", "update"]
    assert by_name["pods/log"]["verbs"] == ["get"]
    assert "deletecollection" not in by_name["namespaces"]["verbs"]
    assert "configmaps/status" not in by_name


def test_groups() -> None:
    names = [group["name"] for group in discovery.group_list()["groups"]]
    assert "" not in names and "trainer.kubeflow.org" in names
    serving = discovery.group("serving.kserve.io")
    assert serving is not None and serving["preferredVersion"]["version"] == "v1beta1"
    assert discovery.group("apps") is None and discovery.group("") is None
    assert discovery.resource_list("apps", "v1") is None


@pytest.mark.parametrize("version", discovery.AGGREGATED_VERSIONS)
def test_aggregated_discovery_says_which_version_it_is(version: str) -> None:
    answer = discovery.aggregated(False, version)
    assert (answer["kind"], answer["apiVersion"]) == ("APIGroupDiscoveryList", f"apidiscovery.k8s.io/{version}")
    assert f"v={version};as=APIGroupDiscoveryList" in discovery.aggregated_content_type(version)


def test_a_view_shows_the_stored_kind_in_another_version() -> None:
    assert [view.version for view in kinds.VIEWS if view.shows is kinds.NOTEBOOK] == ["v1beta1", "v1alpha1"]
    for version in ("v1", "v1beta1", "v1alpha1"):
        assert kinds.of(f"kubeflow.org/{version}", "Notebook") is kinds.NOTEBOOK
        found = kinds.by_path("kubeflow.org", version, "notebooks")
        assert found is not None and found.storage is kinds.NOTEBOOK and found.version == version
    assert kinds.of("kubeflow.org/v2", "Notebook") is None
    # A kind of one version is not served in another of its group's.
    assert kinds.of("kubeflow.org/v1beta1", "PodDefault") is None
    assert kinds.of("kubeflow.org/v1alpha1", "Experiment") is None
    assert list(kinds.groups()["kubeflow.org"]) == ["v1", "v1beta1", "v1alpha1"]


def test_an_entry_in_another_version_is_the_same_but_for_it() -> None:
    obj = {"apiVersion": "kubeflow.org/v1", "kind": "Notebook", "metadata": {"name": "nb", "resourceVersion": "3"}}
    entry = Entry.of(obj)
    assert entry.shown_as(kinds.NOTEBOOK) is entry
    view = kinds.VIEWS[0]
    assert entry.shown_as(view).obj == obj | {"apiVersion": view.api_version}
    assert entry.obj == obj

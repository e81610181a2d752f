"""The rules of Notebooks without a daemon: what is refused, what pods are made, what status is told, what rests."""

from __future__ import annotations

import copy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from minikf.embedded.kinds import NOTEBOOK, POD
from minikf.embedded.notebooks import build, culling, spec
from minikf.embedded.notebooks.admission import notebook_admission
from minikf.embedded.notebooks.culling import Activity, CullingSettings
from minikf.embedded.notebooks.folder import NotebookFolder
from minikf.embedded.notebooks.ports import choose_port, is_free
from minikf.embedded.notebooks.server import listen
from minikf.embedded.notebooks.spec import Flavour
from minikf.embedded.notebooks.status import make_status
from minikf.embedded.schema import schema_for
from minikf.embedded.status import ApiError
from minikf.embedded.validation import validate_object

Object = dict[str, Any]
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
IMAGES = "ghcr.io/kubeflow/kubeflow/notebook-servers"
FOLDER = NotebookFolder(Path("/data/notebooks/uid-1"))


def notebook(pod: Object | None = None, name: str = "nb", **container: Any) -> Object:
    own = {"name": name, "image": f"{IMAGES}/jupyter-scipy:v1.10.0", **container}
    return {
        "apiVersion": "kubeflow.org/v1",
        "kind": "Notebook",
        "metadata": {"name": name, "namespace": "team", "uid": "uid-1", "labels": {"app": "x"}},
        "spec": {"template": {"spec": {"containers": [own], **(pod or {})}}},
    }


def refused(obj: Object) -> list[str]:
    """The fields that a create is refused for: by the schema, else by admission."""
    causes = schema_for(NOTEBOOK).validate(obj)
    if causes:
        return [cause.field for cause in causes]
    try:
        notebook_admission(NOTEBOOK, obj, None)
    except ApiError as error:
        assert error.code == 422
        return [cause["field"] for cause in error.details["causes"]]
    return []


SERVER = "spec.template.spec.containers[0]"


@pytest.mark.parametrize(
    ("obj", "fields"),
    [
        (notebook(), []),
        (notebook(image="my/own:1"), []),
        (notebook(command=["jupyter", "lab"], args=["--port", "8888"]), []),
        (notebook(image=f"{IMAGES}/rstudio-tidyverse:v1.10.0"), [f"{SERVER}.image"]),
        (notebook(image=f"{IMAGES}/codeserver-python:v1.10.0"), [f"{SERVER}.image"]),
        (notebook(args=["start.sh", "lab"]), [f"{SERVER}.args"]),
        (notebook({"restartPolicy": "Never"}), ["spec.template.spec.restartPolicy"]),
        (notebook(name="n" * 59), ["metadata.name"]),
        (notebook(name="1nb"), ["metadata.name"]),
        ({**notebook(), "metadata": {"name": "n.b", "namespace": "team"}}, ["metadata.name"]),
        (notebook(volumeMounts=[{"name": "nowhere", "mountPath": "/x"}]), [f"{SERVER}.volumeMounts[0].name"]),
        (notebook(name="nb", env=[{"name": "A=B", "value": "1"}]), [f"{SERVER}.env[0].name"]),
        ({**notebook(), "spec": {"template": {"spec": {"containers": []}}}}, ["spec.template.spec.containers"]),
        ({**notebook(), "spec": {"template": {"spec": {"containers": [{"name": "x"}]}}}}, [f"{SERVER}.image"]),
        ({**notebook(), "spec": {}}, ["spec.template.spec"]),
    ],
)
def test_what_cannot_run_is_refused_by_its_field(
    obj: Object, fields: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")  # a machine without code-server
    assert refused(obj) == fields


def test_a_notebook_whose_spec_stays_is_not_looked_at_again() -> None:
    bad = notebook(args=["x"])
    notebook_admission(NOTEBOOK, copy.deepcopy(bad), bad)  # a new annotation, say
    with pytest.raises(ApiError):
        notebook_admission(NOTEBOOK, bad, notebook())


@pytest.mark.parametrize(
    ("container", "which"),
    [
        ({}, Flavour.LAB),
        ({"image": f"{IMAGES}/jupyter-pytorch-full@sha256:abc"}, Flavour.LAB),
        ({"image": "registry.example:5000/team/anything"}, Flavour.LAB),
        ({"image": "codercom/code-server:4"}, Flavour.CODE_SERVER),
        ({"image": "rocker/tidyverse"}, Flavour.RSTUDIO),
        ({"image": "rocker/tidyverse", "command": ["sleep", "9"]}, Flavour.COMMAND),
    ],
)
def test_who_answers(container: Object, which: Flavour) -> None:
    assert spec.flavour(notebook(**container)) is which


@pytest.mark.parametrize(
    ("image", "type_", "which"),
    [
        ("team/anything", "group-one", Flavour.CODE_SERVER),
        ("team/anything", "group-two", Flavour.RSTUDIO),
        ("team/anything", "jupyter", Flavour.LAB),
        ("team/anything", "else", Flavour.LAB),
        ("team/my-jupyter", "group-one", Flavour.LAB),
        ("team/code-server", "jupyter", Flavour.CODE_SERVER),
    ],
)
def test_the_web_apps_annotation_tells_of_images_that_do_not(image: str, type_: str, which: Flavour) -> None:
    obj = notebook(image=image)
    obj["metadata"]["annotations"] = {spec.TYPE_ANNOTATION: type_}
    assert spec.flavour(obj) is which


def test_a_type_that_the_machine_has_no_program_for_is_refused_also_later(monkeypatch: pytest.MonkeyPatch) -> None:
    before, obj = notebook(image="own"), notebook(image="own")
    obj["metadata"]["annotations"] = {spec.TYPE_ANNOTATION: "group-one"}
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ApiError, match="npm install --global code-server"):
        notebook_admission(NOTEBOOK, obj, before)
    monkeypatch.setenv("MINIKF_CODE_SERVER", "/bin/sh")
    notebook_admission(NOTEBOOK, obj, before)


@pytest.mark.parametrize(
    ("last", "status", "found"),
    [
        (0, "expired", Activity(False, None)),
        (1_767_225_600_000, "expired", Activity(False, datetime(2026, 1, 1, tzinfo=UTC))),
        (1_767_225_600_000, "alive", Activity(True, datetime(2026, 1, 1, tzinfo=UTC))),
        ("soon", "alive", None),
        (float("inf"), "alive", None),
    ],
)
def test_what_code_server_tells_of_its_last_use(
    last: Any, status: str, found: Activity | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(culling, "_read", lambda *_: {"status": status, "lastHeartbeat": last})
    assert culling.ask_code_server(1, "/nb", "token") == found


def test_only_the_pod_of_our_server_takes_no_arguments() -> None:
    pod = pod_of(notebook())
    notebook_admission(POD, copy.deepcopy(pod), None)
    pod["spec"]["containers"][0]["args"] = ["--x"]
    with pytest.raises(ApiError, match="a PodDefault gives arguments"):
        notebook_admission(POD, pod, None)
    notebook_admission(POD, pod_of(notebook(command=["x"], args=["y"])), None)


def pod_of(obj: Object, *folders: str) -> Object:
    return build.build_pod(obj, 30123, FOLDER, lambda path: path in folders)


def test_the_pod_is_the_users_with_our_server() -> None:
    claim = {"name": "w", "persistentVolumeClaim": {"claimName": "c"}}
    mounted = {"name": "w", "mountPath": "/home/jovyan"}
    probe = {"httpGet": {"path": "/x", "port": 8888}}
    obj = notebook(
        {"volumes": [claim], "serviceAccountName": "default-editor"},
        env=[{"name": "A", "value": "1"}],
        volumeMounts=[mounted],
        livenessProbe=probe,
        ports=[{"containerPort": 8888, "name": "web"}, {"containerPort": 4040}],
    )
    before = copy.deepcopy(obj)
    pod = pod_of(obj)
    assert obj == before
    container = pod["spec"]["containers"][0]
    assert (pod["metadata"]["name"], pod["spec"]["serviceAccountName"]) == ("nb-0", "default-editor")
    assert pod["metadata"]["labels"] == {"statefulset": "nb", "notebook-name": "nb", "app": "x"}
    assert container["command"] == ["python", "-m", build.SERVER, str(FOLDER.path)]
    assert {one["name"]: one["value"] for one in container["env"]} == {
        "A": "1", "NB_PREFIX": "/notebook/team/nb", "HOME": "/home/jovyan",
    }  # fmt: skip
    assert [one["containerPort"] for one in container["ports"]] == [30123, 4040]
    assert container["livenessProbe"]["httpGet"]["port"] == 30123
    assert (pod["spec"]["volumes"], container["volumeMounts"]) == ([claim], [mounted])
    assert container["workingDir"] == "/home/jovyan"


def test_a_home_that_no_volume_holds_stays_with_the_notebook() -> None:
    pod = pod_of(notebook())
    assert pod["spec"]["volumes"][0]["hostPath"]["path"] == str(FOLDER.home)
    assert pod["spec"]["containers"][0]["volumeMounts"] == [{"name": "minikf-home", "mountPath": "/home/jovyan"}]
    # A folder of this machine is meant as it is.
    assert "volumes" not in pod_of(notebook(workingDir="/srv/data"), "/srv/data")["spec"]


def test_a_command_of_its_own_is_left_alone() -> None:
    container = pod_of(notebook(command=["serve"], args=["--all"]))["spec"]["containers"][0]
    assert (container["command"], container["args"]) == (["serve"], ["--all"])
    assert "readinessProbe" not in container and "volumeMounts" not in container
    assert spec.declared_port(notebook(command=["serve"], ports=[{"containerPort": 9000}])) == 9000


def test_every_pod_that_is_built_is_one_that_the_api_takes() -> None:
    from minikf.embedded.defaults import default_object

    for obj in (notebook(), notebook(command=["x"]), notebook(workingDir="/w")):
        pod = pod_of(obj)
        default_object(POD, pod)
        assert validate_object(POD, pod) == []


def test_a_new_pod_is_due_when_the_spec_or_labels_change_and_not_otherwise() -> None:
    first = build.revision(notebook(), 1)
    assert build.revision(notebook(), 1) == first
    annotated = notebook()
    annotated["metadata"]["annotations"] = {culling.LAST_ACTIVITY: "x"}
    assert build.revision(annotated, 1) == first
    assert build.revision(notebook(env=[{"name": "A", "value": "1"}]), 1) != first
    assert build.revision(notebook(), 2) != first


def test_the_status_mirrors_the_pod() -> None:
    state = {"running": {"startedAt": "2026-03-01T12:00:00Z"}}
    pod = {
        "metadata": {"name": "nb-0"},
        "spec": {"containers": [{"name": "nb"}, {"name": "side"}]},
        "status": {
            "conditions": [{"type": "Ready", "status": "True", "observedGeneration": 3, "lastProbeTime": None}],
            "containerStatuses": [{"name": "side", "state": {}}, {"name": "nb", "state": state}],
        },
    }
    assert make_status(notebook(), pod) == {
        "conditions": [{"type": "Ready", "status": "True"}], "containerState": state, "readyReplicas": 1,
    }  # fmt: skip
    ending = {**pod, "metadata": {"name": "nb-0", "deletionTimestamp": "2026-03-01T12:00:00Z"}}
    assert make_status(notebook(), ending)["readyReplicas"] == 0
    assert make_status(notebook(), None) == {"conditions": [], "containerState": {}, "readyReplicas": 0}
    for obj in (pod, None):
        assert schema_for(NOTEBOOK).validate(notebook() | {"status": make_status(notebook(), obj)}) == []


SETTINGS = CullingSettings(enabled=True, idle=600, period=60)


def stamp(minutes: float) -> str:
    return (NOW - timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.parametrize(
    ("activity", "before", "last", "stops"),
    [
        (Activity(busy=True), 60, 0, False),
        (Activity(last=NOW - timedelta(minutes=9)), 60, 9, False),
        (Activity(last=NOW - timedelta(minutes=11)), 60, 11, True),
        (Activity(), 9, 9, False),  # neither kernel nor terminal: as upstream, the start counts
        (Activity(), 11, 11, True),
        (None, 9, 9, False),  # it does not answer
        (None, 11, 11, True),
    ],
)
def test_when_a_notebook_is_stopped(activity: Activity | None, before: float, last: float, stops: bool) -> None:
    annotations = {"mine": "stays", culling.LAST_ACTIVITY: stamp(before), culling.LAST_CHECK: stamp(2)}
    after = culling.looked(annotations, activity, SETTINGS, NOW)
    assert after[culling.LAST_ACTIVITY] == stamp(last)
    assert after[culling.LAST_CHECK] == stamp(0)
    assert after["mine"] == "stays"
    assert (spec.STOP_ANNOTATION in after) is stops


def test_an_unreadable_stamp_stops_nothing() -> None:
    after = culling.looked({culling.LAST_ACTIVITY: "yesterday"}, None, SETTINGS, NOW)
    assert spec.STOP_ANNOTATION not in after


def test_looks_keep_their_period_and_survive_a_clock_that_steps_back() -> None:
    for minutes, left in ((0.5, 30), (1, 0), (5, 0), (-60, 0)):
        assert culling.until_look({culling.LAST_CHECK: stamp(minutes)}, SETTINGS, NOW) == left
    assert culling.until_look({culling.LAST_CHECK: "?"}, SETTINGS, NOW) == 0


def test_what_counts_as_activity() -> None:
    idle = {"execution_state": "idle", "last_activity": "2026-03-01T11:00:00.5Z"}
    terminal = {"name": "1", "last_activity": "2026-03-01T11:30:00Z"}
    assert culling.activity_of([], []) == Activity()
    assert culling.activity_of([idle], [terminal]) == Activity(last=datetime(2026, 3, 1, 11, 30, tzinfo=UTC))
    assert culling.activity_of([idle, {**idle, "execution_state": "starting"}], []).busy


@pytest.mark.parametrize(
    ("env", "settings"),
    [
        ({}, CullingSettings(enabled=False, idle=86400, period=60)),
        ({"ENABLE_CULLING": "true", "CULL_IDLE_TIME": "30"}, CullingSettings(enabled=True, idle=1800, period=60)),
        ({"ENABLE_CULLING": "yes", "CULL_IDLE_TIME": "x", "IDLENESS_CHECK_PERIOD": "nan"}, CullingSettings()),
        ({"IDLENESS_CHECK_PERIOD": "-1"}, CullingSettings()),
    ],
)
def test_culling_is_set_as_on_a_cluster(env: dict[str, str], settings: CullingSettings) -> None:
    assert CullingSettings.from_environment(env) == settings


def test_a_port_is_kept_while_it_is_free() -> None:
    from minikf.embedded.controllers.base import Key

    key = Key("team", "nb")
    first = choose_port(key, "default", 0, ())
    assert choose_port(key, "default", 0, ()) == first
    assert choose_port(key, "default", 0, {first}) != first
    with listen(first):
        assert not is_free(first)
        assert choose_port(key, "default", first, ()) != first


def test_other_versions_are_told_which_ones_are_served() -> None:
    from minikf.embedded import discovery
    from minikf.embedded.api.call import target

    told = "served here as kubeflow.org/v1, kubeflow.org/v1beta1, kubeflow.org/v1alpha1; change apiVersion"
    with pytest.raises(ApiError, match=told) as error:
        target("/apis/kubeflow.org/v2/namespaces/default/notebooks")
    assert error.value.code == 404
    for version in ("v1", "v1beta1", "v1alpha1"):
        assert target(f"/apis/kubeflow.org/{version}/namespaces/default/notebooks").kind.storage is NOTEBOOK
    found = discovery.group("kubeflow.org")
    assert found is not None and found["preferredVersion"]["version"] == "v1"

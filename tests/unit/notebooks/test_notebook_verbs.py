"""What `minikf notebook create` creates, and what is read out of a notebook's objects."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

import pytest

from minikf.embedded import kinds
from minikf.embedded.notebooks import build as engine
from minikf.embedded.notebooks import spec
from minikf.embedded.notebooks.admission import problems
from minikf.embedded.schema import schema_for
from minikf.errors import Refused, UsageError
from minikf.verbs import notebook as verb

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_a_notebook_comes_with_a_workspace_unless_it_is_given_one() -> None:
    claim, notebook = verb.build(verb.Wanted("nb", "team", cpu="2", memory="4Gi", variables={"A": "1"}))
    assert (claim["kind"], claim["metadata"]["name"]) == ("PersistentVolumeClaim", "nb-workspace")
    container = notebook["spec"]["template"]["spec"]["containers"][0]
    assert container["resources"] == {
        "requests": {"cpu": "2", "memory": "4Gi"},
        "limits": {"cpu": "2", "memory": "4Gi"},
    }
    assert container["env"] == [{"name": "A", "value": "1"}]
    [alone] = verb.build(verb.Wanted("nb", workspace="mine"))
    assert alone["spec"]["template"]["spec"]["volumes"][0]["persistentVolumeClaim"]["claimName"] == "mine"
    for obj in (notebook, alone):
        assert schema_for(kinds.NOTEBOOK).validate(obj) == []
        assert schema_for(kinds.NOTEBOOK).unknown_fields(obj, prune=False) == []
        assert problems(obj) == []


def test_a_type_is_annotated_as_the_web_app_does_and_labels_go_along() -> None:
    [made] = verb.build(verb.Wanted("nb", workspace="w", type="code-server", labels={"a": "b"}))
    assert made["metadata"]["annotations"] == {
        "notebooks.kubeflow.org/server-type": "group-one",
        "notebooks.kubeflow.org/http-rewrite-uri": "/",
    }
    assert made["metadata"]["labels"] == {"app": "nb", "a": "b"}
    assert made["spec"]["template"]["spec"]["containers"][0]["image"] == verb.CODE_SERVER_IMAGE
    [made] = verb.build(verb.Wanted("nb", workspace="w", image="own"))
    assert made["spec"]["template"]["spec"]["containers"][0]["image"] == "own"


@pytest.mark.parametrize("name", ["a", "a-1", "n" * 58])
def test_good_names(name: str) -> None:
    assert verb.check_name(name) == name


@pytest.mark.parametrize(
    ("name", "better"),
    [("", "my-notebook"), ("My_Notebook.1", "my-notebook-1"), ("1a", "my-notebook"), ("a-", "a"), ("n" * 59, "n" * 58)],
)
def test_bad_names_are_told_with_a_better_one(name: str, better: str) -> None:
    with pytest.raises(UsageError) as error:
        verb.check_name(name)
    assert error.value.advice == f"minikf notebook create {better}"


@pytest.mark.parametrize(
    ("waiting", "told"),
    [
        ({"reason": "ContainerCreating"}, ""),
        ({"reason": "PodInitializing", "message": "x"}, ""),
        ({"reason": "FailedCreate", "message": "no"}, "FailedCreate: no"),
    ],
)
def test_what_keeps_a_notebook(waiting: dict[str, str], told: str) -> None:
    found = {"metadata": {"name": "nb"}, "status": {"containerState": {"waiting": waiting}}}
    assert verb.what_keeps_it(found) == told
    assert verb.what_keeps_it({"metadata": {"name": "nb"}}) == ""


def test_the_verbs_and_the_engine_mean_the_same_names() -> None:
    notebook = {"metadata": {"name": "nb", "namespace": "team"}}
    assert verb.secret_name("nb") == spec.secret_name(notebook)
    assert (verb.STOP_ANNOTATION, verb.HOME) == (spec.STOP_ANNOTATION, spec.HOME)
    assert verb.SERVER_ANNOTATION == engine.SERVER_ANNOTATION


@pytest.mark.parametrize("text", ["A", "=1", ""])
def test_a_variable_has_a_name_and_a_value(text: str) -> None:
    with pytest.raises(UsageError):
        verb.parse_variables([text])
    assert verb.parse_variables(["A=1=2", "B="]) == {"A": "1=2", "B": ""}


def test_stopping_keeps_the_first_stamp_and_starting_removes_it() -> None:
    notebook: dict[str, Any] = {"metadata": {"name": "nb"}}
    stopped = verb.set_stopped(notebook, NOW)
    assert stopped["metadata"]["annotations"] == {verb.STOP_ANNOTATION: "2026-03-01T12:00:00Z"}
    assert verb.set_stopped(stopped, datetime.now(UTC)) == stopped
    assert verb.set_stopped(stopped, None)["metadata"]["annotations"] == {}
    assert "annotations" not in notebook["metadata"]


@pytest.mark.parametrize(
    ("ready", "container", "stopped", "told"),
    [
        (1, {"running": {}}, False, ("Ready", "")),
        (0, {"running": {"startedAt": "x"}}, False, ("Starting", "")),
        (0, {"waiting": {"reason": "R", "message": "m"}}, False, ("Waiting", "R: m")),
        (0, {"terminated": {"exitCode": 1, "reason": "Error"}}, False, ("Ended", "Error")),
        (1, {"running": {"startedAt": "x"}}, True, ("Stopping", "")),
        (0, {}, True, ("Stopped", "")),
    ],
)
def test_states(ready: int, container: dict[str, Any], stopped: bool, told: tuple[str, str]) -> None:
    annotations = {verb.STOP_ANNOTATION: "x"} if stopped else {}
    status = {"readyReplicas": ready, "containerState": container}
    assert verb.state({"metadata": {"annotations": annotations}, "status": status}) == told


def objects(**container: Any) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """A notebook, its Service and its Secret as the engine makes them."""
    notebook = {
        "apiVersion": "kubeflow.org/v1",
        "kind": "Notebook",
        "metadata": {"name": "nb", "namespace": "team", "uid": "u"},
        "spec": {"template": {"spec": {"containers": [{"name": "nb", "image": "x", **container}]}}},
    }
    return notebook, engine.build_service(notebook, 30001), engine.build_secret(notebook, "a/b+c")


def test_the_door_is_that_of_the_server() -> None:
    lab = "http://127.0.0.1:30001/notebook/team/nb/lab?token=a%2Fb%2Bc"
    assert verb.door(*objects()) == verb.Door(lab)
    assert verb.door(*objects(command=["x"])) == verb.Door("http://127.0.0.1:30001/notebook/team/nb/")
    assert verb.door(*objects(image="code-server")) == verb.Door("http://127.0.0.1:30001/notebook/team/nb/", "a/b+c")
    assert engine.port_of(objects()[1]) == 30001


def test_a_secret_without_a_token_is_told() -> None:
    notebook, service, secret = objects()
    assert engine.token_of(secret) == "a/b+c"
    for data in ({}, {"token": "%%%"}, {"other": base64.b64encode(b"x").decode()}):
        assert engine.token_of({**secret, "data": data}) == ""
        with pytest.raises(Refused, match="no token"):
            verb.door(notebook, service, {**secret, "data": data})

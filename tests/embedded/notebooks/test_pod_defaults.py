"""PodDefaults on a running platform, with the official client: what pods get, where, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from kubernetes import client, config

from minikf.embedded.poddefaults.admission import PROFILE, PROFILE_LABEL
from minikf.spec import Access
from tests.embedded.notebooks.lab import body, notebook, until

KIND = {"group": "kubeflow.org", "version": "v1alpha1", "plural": "poddefaults"}
# As Kubeflow's documentation has it for notebooks that are to reach Pipelines.
TOKEN_PATH = "/var/run/secrets/kubeflow/pipelines/token"
TO_PIPELINES = {
    "desc": "Allow access to Kubeflow Pipelines",
    "selector": {"matchLabels": {"access-ml-pipeline": "true"}},
    "env": [{"name": "KF_PIPELINES_SA_TOKEN_PATH", "value": TOKEN_PATH}],
    "volumes": [
        {
            "name": "volume-kf-pipeline-token",
            "projected": {
                "sources": [
                    {
                        "serviceAccountToken": {
                            "path": "token",
                            "expirationSeconds": 7200,
                            "audience": "pipelines.kubeflow.org",
                        }
                    }
                ]
            },
        }
    ],
    "volumeMounts": [
        {"name": "volume-kf-pipeline-token", "mountPath": "/var/run/secrets/kubeflow/pipelines", "readOnly": True}
    ],
}


class Team:
    """A namespace and the clients to fill it."""

    def __init__(self, connection: client.ApiClient, namespace: str) -> None:
        self.namespace = namespace
        self.core = client.CoreV1Api(connection)
        self.batch = client.BatchV1Api(connection)
        self.custom = client.CustomObjectsApi(connection)

    def default(self, name: str, **spec: Any) -> Any:
        made = {"apiVersion": "kubeflow.org/v1alpha1", "kind": "PodDefault", "metadata": {"name": name}, "spec": spec}
        return self.custom.create_namespaced_custom_object(namespace=self.namespace, body=made, **KIND)

    def pod(self, name: str, script: str = "true", meta: dict[str, Any] | None = None) -> Any:
        container = {"name": "main", "image": "x", "command": ["sh", "-c", script]}
        spec = {"restartPolicy": "Never", "containers": [container]}
        self.core.create_namespaced_pod(self.namespace, {"metadata": {"name": name, **(meta or {})}, "spec": spec})
        return self.core.read_namespaced_pod(name, self.namespace)

    def said(self, name: str) -> str:
        """What a pod wrote, once it has ended."""

        def ended() -> bool:
            return self.core.read_namespaced_pod(name, self.namespace).status.phase in ("Succeeded", "Failed")

        until(ended, f"{name} does not end")
        return str(self.core.read_namespaced_pod_log(name, self.namespace))


@pytest.fixture(scope="module")
def connection(platform: Access) -> Iterator[client.ApiClient]:
    with config.new_client_from_config(str(platform.kubeconfig)) as found:
        yield found


@pytest.fixture(scope="module")
def team(connection: client.ApiClient) -> Iterator[Team]:
    """A namespace as Kubeflow's profile controller makes them."""
    made = Team(connection, "team-defaults")
    made.core.create_namespace({"metadata": {"name": made.namespace, "labels": {PROFILE_LABEL: PROFILE}}})
    yield made
    made.core.delete_namespace(made.namespace)

    def gone() -> bool:
        return all(one.metadata.name != made.namespace for one in made.core.list_namespace().items)

    until(gone, "the namespace stays")


def test_a_pod_gets_what_matching_defaults_say(team: Team) -> None:
    team.core.create_namespaced_config_map(team.namespace, {"metadata": {"name": "words"}, "data": {"FROM": "map"}})
    made = team.default(
        "words",
        selector={"matchExpressions": [{"key": "wants", "operator": "In", "values": ["words"]}]},
        env=[{"name": "WORD", "value": "said"}],
        envFrom=[{"configMapRef": {"name": "words"}}],
        labels={"got": "words"},
        tolerations=[{"key": "gpu", "operator": "Exists", "effect": "NoSchedule"}],
        volumes=[{"name": "words", "configMap": {"name": "words"}}],
        volumeMounts=[{"name": "words", "mountPath": "/words"}],
    )
    pod = team.pod("reads", 'echo $WORD $FROM $(cat "/words/FROM")', {"labels": {"wants": "words"}})
    mark = pod.metadata.annotations["poddefault.admission.kubeflow.org/poddefault-words"]
    assert mark == made["metadata"]["resourceVersion"]
    assert pod.metadata.labels == {"wants": "words", "got": "words"}
    assert "gpu" in [one.key for one in pod.spec.tolerations]
    # What the defaults leave open has Kubernetes' own defaults.
    assert next(one for one in pod.spec.volumes if one.name == "words").config_map.default_mode == 0o644
    assert team.said("reads") == "said map map\n"
    other = team.pod("plain", "echo '<'$WORD'>'")
    assert not other.metadata.annotations and team.said("plain") == "<>\n"
    exclude = {"poddefault.admission.kubeflow.org/exclude": "true"}
    team.pod("excluded", "echo '<'$WORD'>'", {"labels": {"wants": "words"}, "annotations": exclude})
    assert team.said("excluded") == "<>\n"


def test_pods_that_controllers_make_get_them_too(team: Team) -> None:
    team.default("jobs", selector={"matchLabels": {"of": "job"}}, env=[{"name": "WORD", "value": "for jobs"}])
    container = {"name": "main", "image": "x", "command": ["sh", "-c", "echo $WORD"]}
    template = {"metadata": {"labels": {"of": "job"}}, "spec": {"restartPolicy": "Never", "containers": [container]}}
    team.batch.create_namespaced_job(team.namespace, {"metadata": {"name": "one"}, "spec": {"template": template}})

    def pods() -> Any:
        return team.core.list_namespaced_pod(team.namespace, label_selector="job-name=one").items

    until(pods, "the job has no pod")
    assert team.said(pods()[0].metadata.name) == "for jobs\n"


def test_a_contradiction_refuses_the_pod(team: Team) -> None:
    team.default("one", selector={"matchLabels": {"both": "1"}}, env=[{"name": "WORD", "value": "one"}])
    team.default("two", selector={"matchLabels": {"both": "1"}}, env=[{"name": "WORD", "value": "two"}])
    with pytest.raises(client.ApiException) as error:
        team.pod("torn", meta={"labels": {"both": "1"}})
    assert error.value.status == 400
    assert "cannot have the PodDefaults one, two" in str(error.value.body) and "'WORD'" in str(error.value.body)
    team.default("account", selector={"matchLabels": {"as": "nobody"}}, serviceAccountName="not-there")
    with pytest.raises(client.ApiException) as error:
        team.pod("nobody", meta={"labels": {"as": "nobody"}})
    assert error.value.status == 403 and "not-there" in str(error.value.body)
    made = {one.metadata.name for one in team.core.list_namespaced_pod(team.namespace).items}
    assert not made & {"torn", "nobody"}


def test_elsewhere_they_have_no_effect_and_their_maker_is_told(connection: client.ApiClient) -> None:
    team = Team(connection, "default")
    made = {
        "apiVersion": "kubeflow.org/v1alpha1", "kind": "PodDefault", "metadata": {"name": "idle"},
        "spec": {"selector": {}, "env": [{"name": "WORD", "value": "idle"}]},
    }  # fmt: skip
    _, _, headers = team.custom.create_namespaced_custom_object_with_http_info(namespace="default", body=made, **KIND)
    assert f"kubectl label namespace default {PROFILE_LABEL}={PROFILE}" in headers["Warning"]
    try:
        team.pod("unlabelled", "echo '<'$WORD'>'")
        assert team.said("unlabelled") == "<>\n"
    finally:
        team.custom.delete_namespaced_custom_object(namespace="default", name="idle", **KIND)
        team.core.delete_namespaced_pod("unlabelled", "default")


def test_one_that_is_wrong_is_refused_by_its_field(team: Team) -> None:
    with pytest.raises(client.ApiException) as error:
        team.default("wrong", env=[{"value": "nameless"}])
    assert error.value.status == 422
    assert "spec.selector" in error.value.body and "spec.env[0].name" in error.value.body


def test_a_notebook_reaches_pipelines_as_kubeflows_own_default_has_it(platform: Access, team: Team) -> None:
    team.default("access-ml-pipeline", **TO_PIPELINES)
    team.default("arguments", selector={"matchLabels": {"args": "1"}}, args=["--x"])
    with notebook(platform, "piper", team.namespace, labels={"access-ml-pipeline": "true"}) as lab:
        assert "poddefault.admission.kubeflow.org/poddefault-access-ml-pipeline" in lab.pod["metadata"]["annotations"]
        kernel = lab.kernel()
        asked = "import os, kfp; print(os.environ['KF_PIPELINES_SA_TOKEN_PATH'], kfp.Client().list_runs().total_size)"
        assert kernel.run(asked).startswith(TOKEN_PATH), "the client cannot speak to Pipelines"
    wrong = body("argued", team.namespace)
    wrong["metadata"]["labels"] = {"args": "1"}
    where = {"group": "kubeflow.org", "version": "v1", "plural": "notebooks", "namespace": team.namespace}
    team.custom.create_namespaced_custom_object(body=wrong, **where)

    def told() -> str:
        found = team.custom.get_namespaced_custom_object(name="argued", **where)
        return str(((found.get("status") or {}).get("containerState") or {}).get("waiting") or "")

    until(told, "nothing is told")
    assert "FailedCreate" in told() and "a PodDefault gives arguments to the container" in told()
    team.custom.delete_namespaced_custom_object(name="argued", **where)

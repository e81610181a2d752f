"""The terminal UI, in tmux, on a cluster where Kubeflow's own controllers train and serve."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.tui.terminal import TMUX, Terminal
from tests.tui.test_tui_forward import ask

from .sides import Kind, Object

pytestmark = pytest.mark.skipif(TMUX is None, reason="tmux, which is the terminal here, is not on PATH")

LONG_SECONDS = 240.0
_STEPS = """
import os, time
node = os.environ["JOB_COMPLETION_INDEX"]
for step in range(50):
    print(f"node {node} step {step} loss={1 / (step + 1):.4f}", flush=True)
    time.sleep(0.5)
print(f"node {node} has ended", flush=True)
"""
_TASK = "import os, time; time.sleep(5); print('worker', os.environ['TF_CONFIG'])"
# Two numbers each, so that they can be typed.
_LEARN = """
import joblib
from sklearn.linear_model import LogisticRegression
joblib.dump(LogisticRegression().fit([[0, 0], [0, 1], [3, 3], [4, 3]], [0, 0, 7, 7]), "/models/model.joblib")
"""
_MODELS, _SERVED = "seen-models", "seen"


@dataclass(frozen=True)
class Seat:
    """Where the terminal is opened."""

    root: Path
    variables: dict[str, str]


@contextmanager
def _opened(kind: Kind, folder: Path) -> Iterator[Terminal]:
    terminal = Terminal(folder / "tmux")
    wanted = {key: kind.home.environment[key] for key in ("HOME", "PATH")}
    terminal.open(Seat(folder, wanted), 200, 45, "--platform", kind.platform)
    try:
        terminal.sees("kind", "healthy", seconds=LONG_SECONDS)
        yield terminal
        terminal.press("q")
        terminal.sees("exit code 0")
    finally:
        terminal.tmux("kill-server")


@pytest.fixture
def terminal(kind: Kind, tmp_path: Path) -> Iterator[Terminal]:
    with _opened(kind, tmp_path) as opened:
        yield opened


@pytest.fixture(scope="module")
def served(kind: Kind) -> str:
    """The name of an InferenceService that is ready; what it serves is learned in the cluster."""
    _learn(kind)
    kind.apply(_service(_SERVED, f"pvc://{_MODELS}/"))
    kind.until(_SERVED, "inferenceservice", _SERVED, condition=_ready)
    return _SERVED


def _learn(kind: Kind) -> None:
    claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    mount = {"name": "models", "mountPath": "/models"}
    volume = {"name": "models", "persistentVolumeClaim": {"claimName": _MODELS}}
    learner = _pod("seen-learner", kind.image, _LEARN)
    learner["spec"] |= {"volumes": [volume]}
    learner["spec"]["containers"][0]["volumeMounts"] = [mount]
    kind.apply(
        {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": _MODELS}, "spec": claim}, learner
    )
    kind.until("the model", "pod", "seen-learner", condition=lambda pod: pod["status"].get("phase") == "Succeeded")


def test_jobs_are_seen_at_work_with_their_nodes_and_logs(terminal: Terminal, kind: Kind) -> None:
    terminal.press("4")
    terminal.sees("training jobs", no="Looking")
    kind.apply(_train_job("seen-train"), _tf_job("seen-tf", kind.image))
    seen = terminal.sees("seen-train", "TrainJob", "Running", "seen-tf", "TFJob", seconds=60)
    assert "plain-python" in _row(seen, "seen-train")
    _only(terminal, "seen-train")
    terminal.press("Enter")
    terminal.sees("TrainJob default/seen-train Running", "2/2 nodes", "node 0", "node 1", "loss", seconds=60)
    terminal.press("l")
    terminal.sees("Log of default/seen-train-node-0-0-", "(1 of 2", "following", "node 0 step 5 ", seconds=60)
    terminal.sees("node 0 step 20 ")  # it goes on without a key
    _finds(terminal, "step 7 ")
    terminal.press("]")
    terminal.sees("Log of default/seen-train-node-0-1-", "(2 of 2", "node 1 step 5 ", no="node 0")
    terminal.press("a")
    terminal.sees("Logs of 2 of 2 containers", "node 0 step", "node 1 step")
    terminal.sees("node 0 has ended", "node 1 has ended", "ended", seconds=90)
    terminal.press("Escape")
    terminal.sees("TrainJob default/seen-train Complete", "2/2 nodes", seconds=60)
    _escape(terminal)
    _escape(terminal)
    seen = terminal.sees("seen-train", "Complete", "seen-tf", "Succeeded", seconds=60)
    assert "2/2" in _row(seen, "seen-train") and "TFJob" in _row(seen, "seen-tf"), seen
    _only(terminal, "seen-tf")
    terminal.press("l")
    terminal.sees("Log of default/seen-tf-worker-", "(1 of 2", "worker")
    _escape(terminal)
    terminal.sees("NAMESPACE", "seen-tf")
    _deletes(terminal, "TFJob", "seen-tf")
    assert not kind.kubectl("get", "tfjobs", "-o", "name").strip()


def test_a_model_becomes_ready_and_answers_and_one_that_cannot_says_why(
    terminal: Terminal, kind: Kind, served: str
) -> None:
    terminal.press("5")
    terminal.sees(served, "Ready", f"http://{served}-default.example.com", seconds=60)
    kind.apply(_service("seen-late", f"pvc://{_MODELS}/"), _service("seen-lost", "pvc://seen-nowhere/"))
    terminal.sees("seen-late", "seen-lost", seconds=60)
    terminal.sees("http://seen-late-default.example.com", seconds=60)
    kind.until("seen-late", "inferenceservice", "seen-late", condition=_ready)
    _only(terminal, "seen-late")
    terminal.sees("seen-late", "Ready", no="NotReady")
    terminal.press("t")
    terminal.sees("Try default/seen-late", "instances", no="looking", seconds=60)
    _answers(terminal)
    _escape(terminal)
    _only(terminal, "seen-lost")
    terminal.sees("NotReady", "seen-lost: Pending: Unschedulable", 'persistentvolumeclaim "seen-nowhere" not found')
    terminal.press("1")
    seen = terminal.sees("! seen-lost", seconds=60)
    assert "← claim seen-nowhere is not there" in _row(seen, "seen-lost"), seen
    terminal.press("5")
    _deletes(terminal, "InferenceService", "seen-lost")
    assert "seen-lost" not in kind.kubectl("get", "inferenceservices", "-o", "name")
    kind.kubectl("delete", "inferenceservice", "seen-late")


def test_a_port_forward_outlives_its_pod(terminal: Terminal, kind: Kind, served: str) -> None:
    name = _at_predictor(terminal, kind, served)
    terminal.press("f")
    terminal.sees(f"default/{name}", "is asked at 8080")
    terminal.press("Enter")
    seen = " ".join(terminal.sees(f"default/{name}:8080", "Authorization: Bearer $(cat ").split())
    found = re.search(r"\$\(cat (\S+)\)\" (http://127\.0\.0\.1:\d+)", seen)
    assert found is not None, seen
    token, address = Path(found[1]).read_text(), found[2]
    assert ask(f"{address}/v1/models")[0] == 401
    proof = {"Authorization": f"Bearer {token}"}
    assert ask(f"{address}/v1/models", **proof) == (200, f'{{"models":["{served}"]}}')
    kind.kubectl("delete", "pod", name, "--wait=false")
    _until_another(kind, served, name)
    _until_it_answers(f"{address}/v1/models", proof)
    terminal.press("C-d")
    terminal.sees("No port is forwarded")
    with pytest.raises(ConnectionRefusedError):
        ask(f"{address}/v1/models", **proof)
    _escape(terminal)
    terminal.sees(f"No Pods with '{name}'")
    _only(terminal, f"{served}-predictor-")
    terminal.sees(f"{_predictors(kind, served)[0]}  Running")


def test_a_shell_leads_into_the_pod_and_back(terminal: Terminal, kind: Kind, served: str) -> None:
    name = _at_predictor(terminal, kind, served)
    terminal.press("x", *"5e")  # the last two are typed too early
    terminal.sees(f"A shell in default/{name} kserve-container; ctrl+d leads back.", "$", seconds=60)
    terminal.press(*"echo $((6*7))", "Enter")
    terminal.sees("\n42\n")
    terminal.press(*"exit", "Enter")
    seen = terminal.sees("NAMESPACE", name, no="A shell in", seconds=60)
    assert f"{served}-predictor" in seen and "etcd" not in seen, "the filter is what it was"
    time.sleep(1)
    assert "READY" in terminal.text, "nothing that was typed for the shell is done here"


def test_what_is_not_there_is_said_and_what_is_broken_is_on_home(terminal: Terminal, kind: Kind) -> None:
    for key, words in {
        "2": ("this platform has no Kubeflow Pipelines",),
        "3": ("this platform has no Katib: it serves no Experiment",),
        "6": ("There is no registry to look into",),
        "7": ("this platform has no Kubeflow Notebooks: it serves no Notebook",),
    }.items():
        terminal.press(key)
        terminal.sees(*words, no="Looking")
    trainer = ("-n", "kubeflow-system", "deployment/kubeflow-trainer-controller-manager")
    terminal.press("1")
    terminal.sees("node ", "coredns", "storage", no="! kubeflow-trainer")
    kind.kubectl("set", "image", *trainer, "manager=minikf.invalid/none:1")
    kind.kubectl("scale", *trainer, "--replicas=0")
    kind.kubectl("scale", *trainer, "--replicas=1")
    try:
        terminal.sees("Deployment", "! kubeflow-trainer-controller-manager", "0 of 1 ready", seconds=60)
        _down_to(terminal, "image minikf.invalid/none:1 cannot be pulled")
        terminal.press("Enter")
        terminal.sees("minikf.invalid", "no such host")
        terminal.press("Escape")
    finally:
        kind.kubectl("rollout", "undo", *trainer)
        kind.kubectl("rollout", "status", *trainer, "--timeout=120s")
    terminal.sees("GROUP", no="! kubeflow-trainer", seconds=60)


def _only(terminal: Terminal, words: str) -> None:
    """The list's filter, from none or another. A filter is not offered while one is typed."""
    _escape(terminal)
    terminal.sees("/ Filter")
    terminal.press("/", *words)
    terminal.sees(words, no="/ Filter")
    terminal.press("Enter")
    terminal.sees(words, "/ Filter")


def _escape(terminal: Terminal) -> None:
    """A key that comes at once after it would be one with Alt."""
    terminal.press("Escape")
    time.sleep(0.3)


def _row(seen: str, name: str) -> str:
    return next(line for line in seen.splitlines() if f" {name} " in line)


def _finds(terminal: Terminal, words: str) -> None:
    terminal.press("/", *"no such line", "Enter")
    terminal.sees("No line with 'no such line'")
    terminal.press("/", *words, "Enter")
    terminal.sees(words, "not following", no="No line with")
    terminal.press("n", "&", *words, "Enter")
    terminal.sees("1 of ", f"lines with '{words}'")
    _escape(terminal)
    terminal.sees("not following", no="lines with")
    _escape(terminal)  # the marks of the search
    terminal.press("f")
    terminal.sees("following", no="not following")


def _answers(terminal: Terminal) -> None:
    _types_body(terminal, '{"instances": [[4, 3], [0, 1]]}', "C-s")
    terminal.sees("ok: HTTP 200 in", "/v1/models/seen-late:predict", "[7, 0]")
    _types_body(terminal, '{"instances": "none"}', "F5")
    terminal.sees("error: HTTP ", "/v1/models/seen-late:predict")


def _types_body(terminal: Terminal, body: str, sends: str) -> None:
    """F7 selects all, and a letter takes the place of what is selected; Textual does keys of a text in their order, and
    those that have a meaning for it after that."""
    terminal.press("F7")
    time.sleep(0.5)
    terminal.press(*body, sends)


def _deletes(terminal: Terminal, kind: str, name: str) -> None:
    """The cursor is at it."""
    terminal.press("C-d")
    terminal.sees(f"Delete {kind} default/{name}?")
    terminal.press(*"nonsense", "Enter")
    terminal.sees(f"That is not {name}")
    terminal.press("C-u")
    time.sleep(0.5)
    terminal.press(*name, "Enter")
    terminal.sees(f"deleted: {kind} default/{name}", seconds=60)
    terminal.sees(f"with '{name}'", seconds=60)  # the filter that is left finds nothing


def _at_predictor(terminal: Terminal, kind: Kind, served: str) -> str:
    """The cursor is at the pod of the predictor, whose name is given."""
    name = _predictors(kind, served)[0]
    terminal.press("8")
    terminal.sees("NAMESPACE", name, seconds=60)
    _only(terminal, name)
    return name


def _predictors(kind: Kind, served: str) -> list[str]:
    pods = kind.get("pods", "-l", f"serving.kserve.io/inferenceservice={served}")["items"]
    return [pod["metadata"]["name"] for pod in pods if "deletionTimestamp" not in pod["metadata"]]


def _until_another(kind: Kind, served: str, name: str) -> None:
    end = time.monotonic() + 60
    while not [one for one in _predictors(kind, served) if one != name]:
        assert time.monotonic() < end, f"nothing took the place of {name}"
        time.sleep(0.3)
    kind.kubectl("wait", "--for=delete", f"pod/{name}", "--timeout=90s")


def _until_it_answers(address: str, proof: dict[str, str]) -> None:
    end = time.monotonic() + 120
    while (status := ask(address, **proof)[0]) != 200:
        assert status in (502, 503) and time.monotonic() < end, status
        time.sleep(0.3)


def _down_to(terminal: Terminal, words: str) -> None:
    """The cursor goes down until what is said about its row has the words."""
    terminal.press("g")
    for _ in range(40):
        time.sleep(0.3)
        if words in terminal.text:
            return
        terminal.press("j")
    raise AssertionError(f"'{words}' not seen on:\n{terminal.text}")


def _train_job(name: str) -> Object:
    return {
        "apiVersion": "trainer.kubeflow.org/v1alpha1",
        "kind": "TrainJob",
        "metadata": {"name": name},
        "spec": {
            "runtimeRef": {"name": "plain-python"},
            "trainer": {"numNodes": 2, "command": ["python", "-c", _STEPS]},
        },
    }


def _tf_job(name: str, image: str) -> Object:
    """Of those of the operator, one whose pods need no image of the operator's own."""
    container = {"name": "tensorflow", "image": image, "imagePullPolicy": "Never", "command": ["python", "-c", _TASK]}
    workers = {"replicas": 2, "restartPolicy": "Never", "template": {"spec": {"containers": [container]}}}
    return {
        "apiVersion": "kubeflow.org/v1",
        "kind": "TFJob",
        "metadata": {"name": name},
        "spec": {"runPolicy": {"cleanPodPolicy": "None"}, "tfReplicaSpecs": {"Worker": workers}},
    }


def _service(name: str, uri: str) -> Object:
    return {
        "apiVersion": "serving.kserve.io/v1beta1",
        "kind": "InferenceService",
        "metadata": {"name": name},
        "spec": {"predictor": {"model": {"modelFormat": {"name": "sklearn"}, "storageUri": uri}}},
    }


def _pod(name: str, image: str, script: str) -> dict[str, Any]:
    container = {"name": "main", "image": image, "imagePullPolicy": "Never", "command": ["python", "-c", script]}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": {"restartPolicy": "Never", "containers": [container]},
    }


def _ready(service: Any) -> bool:
    conditions = service.get("status", {}).get("conditions", [])
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)

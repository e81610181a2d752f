"""What users read when they mistype: which object, why, and what to type."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from minikf.cli.objects import tell_relative
from minikf.datasets import DatasetRefused, DatasetStore
from minikf.errors import Refused, UsageError
from minikf.kube.rest import Reply, refusal
from minikf.verbs import notebook, tune
from minikf.verbs.compiling import compiled
from minikf.waiting.experiment import _silent


@pytest.mark.parametrize(
    ("path", "reason", "kind", "advice"),
    [
        ("/apis/kubeflow.org/v1/namespaces/team/notebooks/x", "NotFound", "notebooks", "minikf notebook list -n team"),
        ("/apis/kubeflow.org/v1/namespaces/a/experiments/x", "NotFound", "experiments", "minikf experiment list -n a"),
        ("/api/v1/namespaces/default/pods/x", "NotFound", "pods", "kubectl get pods -n default"),
        ("/api/v1/namespaces/x", "NotFound", "namespaces", "kubectl get namespaces"),
        ("/apis/t/v1/namespaces/a/trainjobs?dryRun=All", "AlreadyExists", "trainjobs",
         "choose another name, or remove that one: kubectl delete trainjobs x -n a"),
        ("/api/v1/namespaces/a/pods/x", "Conflict", "pods", ""),
    ],
)  # fmt: skip
def test_what_to_type_about_an_object(path: str, reason: str, kind: str, advice: str) -> None:
    body = {"message": "told", "reason": reason, "details": {"kind": kind, "name": "x"}}
    answer = refusal(path, Reply(404, json.dumps(body).encode()))
    assert (answer.message, answer.advice) == ("told", advice)
    for odd in (b"", b"[]", b'{"details": []}', b'{"reason": "NotFound", "details": {"kind": "pods"}}'):
        assert refusal(path, Reply(409, odd)).advice == ""


@pytest.mark.parametrize(
    ("source", "cause"),
    [("def f(:\n", "SyntaxError: invalid syntax"), ("x = 1\n\0", "null bytes"), ("\n\n1/0\n", "(line 3)")],
)
def test_a_line_is_named_once(source: str, cause: str, tmp_path: Path) -> None:
    (tmp_path / "odd.py").write_text(source)
    with pytest.raises(Refused) as caught:
        compiled(tmp_path / "odd.py")
    assert cause in caught.value.cause and caught.value.cause.count("line") <= 1 and "None" not in caught.value.cause


def test_a_mark_that_is_no_parameter_is_refused() -> None:
    parameters = [tune.parameter("depth=int(1,10)")]
    for text in ("{deth}", "--depth={deth}"):
        with pytest.raises(UsageError, match="names no parameter") as caught:
            tune.script_arguments(["--depth", text], parameters)
        assert "depth" in caught.value.cause and "{depth}" in caught.value.advice
    assert tune.script_arguments(['{"a": {}}', "x{y}z"], parameters)[:2] == ['{"a": {}}', "x{y}z"]


def test_trials_that_print_another_metric() -> None:
    experiment = {"spec": {"objective": {"objectiveMetricName": "R2"}}, "status": {"trialMetricsUnavailable": 2}}
    assert _silent(experiment) == ": 2 trials printed no R2, which has to stand on a line as R2=0.5"
    assert _silent({**experiment, "status": {}}) == ""


@pytest.mark.parametrize("name", ["Bad Name", "", "-x", "häuser", "a/b"])
def test_a_notebook_has_a_name(name: str) -> None:
    with pytest.raises(UsageError, match="cannot name a notebook"):
        notebook.build(notebook.Wanted(name, "default", notebook.IMAGE, "", "", "1Gi", "", {}))


def test_paths_from_here_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "häuser preise.csv").touch()
    tell_relative(
        ["--data", "häuser preise.csv", "--n=3", "", str(tmp_path), "none.csv", "--x=häuser preise.csv", "a\0b"]
    )
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 2 and all(f"give {tmp_path}/häuser preise.csv" in line for line in told)


def test_sources_that_are_not_there(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for path in ("none.csv", "empty"):
        with pytest.raises(DatasetRefused) as caught:
            DatasetStore(tmp_path / "store").add("x", [tmp_path / path])
        assert caught.value.advice

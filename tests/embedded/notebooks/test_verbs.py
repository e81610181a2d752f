"""`minikf notebook` and `minikf open notebook` as a user types them, the example, and the page in a browser."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import requests
import yaml

from minikf.cli.main import main
from minikf.kube.creation import create
from minikf.spec import Access
from minikf.waiting import notebook as waiting
from tests.embedded.notebooks.lab import IMAGE_OF_RSTUDIO, Lab, body, remove, until

EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "notebook" / "notebook.py"


def test_the_verbs_from_create_to_delete(
    platform: Access, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    def minikf(*words: str, code: int = 0) -> str:
        found = main(list(words))
        captured = capfd.readouterr()
        assert found == code, captured.err
        return captured.err if code else captured.out

    lab = Lab(platform, "typed")
    shown = list(yaml.safe_load_all(minikf("notebook", "create", "typed", "--dry-run", "-o", "yaml")))
    assert [one["kind"] for one in shown] == ["PersistentVolumeClaim", "Notebook"]
    assert lab.find(lab.path) is None
    assert "minikf open notebook typed" in minikf("notebook", "create", "typed")
    assert lab.get()["spec"] == shown[1]["spec"]  # what was shown is what was made
    found = json.loads(minikf("open", "notebook", "typed", "--json"))
    assert requests.get(found["address"], timeout=30).status_code == 200
    assert minikf("notebook", "open", "typed").strip() == found["address"]
    assert "typed" in minikf("notebook", "list") and "Ready" in minikf("notebook", "list")
    assert "NotebookServer" in minikf("notebook", "logs", "typed")
    assert "minikf notebook start typed" in minikf("notebook", "stop", "typed")
    assert "it is stopped" in minikf("notebook", "logs", "typed", code=10)
    assert "'typed' in namespace 'default' already" in minikf("notebook", "create", "typed", code=10)
    said = minikf("open", "notebook", "typed", code=10)
    assert "stopped" in said and "minikf notebook start typed" in said
    minikf("notebook", "delete", "typed")
    until(lambda: lab.find("/api/v1/namespaces/default/pods/typed-0") is None, "its pod stays")
    said = minikf("notebook", "create", "typed", code=10)
    assert "--workspace typed-workspace" in said
    lab.client.call("DELETE", "/api/v1/namespaces/default/persistentvolumeclaims/typed-workspace")
    said = minikf("notebook", "create", "r", "--image", IMAGE_OF_RSTUDIO, code=10)
    assert "spec.template.spec.containers[0].image" in said and "--engine k3d" in said
    assert lab.find("/api/v1/namespaces/default/persistentvolumeclaims/r-workspace") is None
    assert "there is no notebook 'typed'" in minikf("notebook", "delete", "typed", code=10)


@pytest.mark.parametrize(
    ("words", "code", "told", "advice"),
    [
        ("create Bad_Name", 2, "'Bad_Name' cannot name a notebook", "minikf notebook create bad-name"),
        ("create 1st", 2, "begins with a letter", "minikf notebook create my-notebook"),
        ("create x --env A", 2, "names no variable", "--env NAME=VALUE"),
        ("create x --label =A", 2, "names no label", "--label NAME=VALUE"),
        ("create x --type vim", 2, "no type of notebook", "--type jupyter or --type code-server"),
        ("create x -n nowhere", 10, "there is no namespace 'nowhere'", "kubectl create namespace nowhere"),
        ("create x --workspace gone", 10, "there is no claim 'gone'", "minikf notebook create NAME"),
        ("create x --size much", 10, "quantities must match", ""),
        ("create x --cpu much", 10, "resources.limits.cpu", ""),
        ("start x", 10, "there is no notebook 'x' in namespace 'default'", "minikf notebook list"),
        ("stop x -n nowhere", 10, "there is no notebook 'x' in namespace 'nowhere'", "minikf notebook list"),
        ("open x", 10, "there is no notebook 'x'", "minikf notebook list"),
        ("logs x", 10, "there is no notebook 'x'", "minikf notebook list"),
        ("delete x", 10, "there is no notebook 'x'", "minikf notebook list"),
    ],
)
def test_bad_input_is_told_with_the_next_command_and_makes_nothing(
    platform: Access, capfd: pytest.CaptureFixture[str], words: str, code: int, told: str, advice: str
) -> None:
    assert main(["notebook", *words.split(), "--json"]) == code
    captured = capfd.readouterr()
    assert captured.out == ""
    error = json.loads(captured.err)
    assert error["exitCode"] == code
    assert told in f"{error['message']} {error['cause']}" and error["advice"].startswith(advice)
    lab = Lab(platform, "x")
    assert lab.find(lab.path) is None
    assert lab.find("/api/v1/namespaces/default/persistentvolumeclaims/x-workspace") is None


def test_which_notebook_is_to_be_opened_is_asked(platform: Access, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["open", "notebook"]) == 2
    assert "minikf notebook list" in capfd.readouterr().err


def test_one_that_waits_for_its_user_is_told_early(
    platform: Access, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "STUCK_SECONDS", 0.5)
    lab = Lab(platform, "stuck")
    stuck = body("stuck")
    claim = {"name": "w", "persistentVolumeClaim": {"claimName": "gone"}}
    stuck["spec"]["template"]["spec"]["volumes"] = [claim]
    create(lab.client, [stuck])
    try:
        assert main(["notebook", "start", "stuck"]) == 11
        said = capfd.readouterr().err
        assert 'persistentvolumeclaim "gone" not found' in said and "minikf notebook logs stuck" in said
    finally:
        remove(lab)


@pytest.mark.skipif(shutil.which("code-server") is not None, reason="this machine has code-server")
def test_code_server_is_refused_where_it_is_not_with_what_to_install(
    platform: Access, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["notebook", "create", "vs", "--type", "code-server"]) == 10
    said = capfd.readouterr().err
    assert "npm install --global code-server" in said and "MINIKF_CODE_SERVER" in said
    assert Lab(platform, "vs").find("/api/v1/namespaces/default/persistentvolumeclaims/vs-workspace") is None
    assert main(["notebook", "create", "vs", "--type", "vim"]) == 2
    assert "--type jupyter or --type code-server" in capfd.readouterr().err


def test_the_example_runs_with_the_official_client(platform: Access) -> None:
    env = {**os.environ, "KUBECONFIG": str(platform.kubeconfig)}
    done = subprocess.run(
        [sys.executable, str(EXAMPLE)], env=env, capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.splitlines()[-1] == "notebook explore and its workspace are deleted"

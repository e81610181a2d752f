"""The program's verbs called in this process, on the platform that the tests share."""

from __future__ import annotations

import contextlib
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from minikf.cli.main import main
from minikf.kube.rest import RestClient
from minikf.spec import Access


@dataclass(frozen=True)
class Said:
    """What a command printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Minikf = Callable[..., Said]


@pytest.fixture
def minikf(platform: Access) -> Minikf:
    """Runs a command and checks its exit code."""

    def call(*arguments: str, code: int = 0) -> Said:
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            found = main(list(arguments))
        assert found == code, f"{arguments}: exit {found}\n{out.getvalue()}\n{err.getvalue()}"
        return Said(found, out.getvalue(), err.getvalue())

    return call


@pytest.fixture
def api(platform: Access) -> RestClient:
    return RestClient(platform, timeout=60)


def pipeline(folder: Path, name: str, *commands: str, **parameters: Any) -> Path:
    """A compiled file with a shell step for each command, one after the other, each with a Dataset; `$OUT` is where the
    step writes it and `$IN` the one before."""
    tasks: dict[str, Any] = {}
    components: dict[str, Any] = {}
    executors: dict[str, Any] = {}
    schema = {"schemaTitle": "system.Dataset", "schemaVersion": "0.0.1"}
    for number, command in enumerate(commands):
        step = f"s{number}"
        component: dict[str, Any] = {
            "executorLabel": f"exec-{step}",
            "outputDefinitions": {"artifacts": {"made": {"artifactType": schema}}},
        }
        task: dict[str, Any] = {
            "componentRef": {"name": f"comp-{step}"},
            "taskInfo": {"name": step},
            "cachingOptions": {"enableCache": True},
        }
        given = ""
        if number:
            component["inputDefinitions"] = {"artifacts": {"taken": {"artifactType": schema}}}
            source = {"outputArtifactKey": "made", "producerTask": f"s{number - 1}"}
            task |= {
                "dependentTasks": [f"s{number - 1}"],
                "inputs": {"artifacts": {"taken": {"taskOutputArtifact": source}}},
            }
            given = "{{$.inputs.artifacts['taken'].path}}"
        tasks[step], components[f"comp-{step}"] = task, component
        run = f"mkdir -p $(dirname $OUT); {command}"
        words = ["env", "OUT={{$.outputs.artifacts['made'].path}}", f"IN={given}", "sh", "-c", run]
        executors[f"exec-{step}"] = {"container": {"image": "python:3.11", "command": words}}
    document = {
        "pipelineInfo": {"name": name},
        "schemaVersion": "2.1.0",
        "sdkVersion": "kfp-2.17.0",
        "root": {"dag": {"tasks": tasks}, "inputDefinitions": {"parameters": parameters}},
        "components": components,
        "deploymentSpec": {"executors": executors},
    }
    path = folder / f"{name}.yaml"
    path.write_text(json.dumps(document))
    return path

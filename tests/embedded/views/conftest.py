"""Two versions of a model, registered and served on a real platform, and the program as a user types it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import pytest
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from minikf.cli.main import main
from minikf.kube.rest import RestClient
from minikf.spec import Access
from tests.embedded.serving.cluster import Cluster

_REGISTRY = "/api/model_registry/v1alpha3"


@dataclass(frozen=True)
class Said:
    """What a command printed."""

    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)


Program = Callable[..., Said]


@pytest.fixture
def minikf(platform: Access, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Program:
    monkeypatch.setenv("NO_COLOR", "1")

    def run(*words: str, code: int = 0) -> Said:
        capfd.readouterr()
        found = main(list(words))
        captured = capfd.readouterr()
        assert found == code, f"{words}: {found}\n{captured.out}\n{captured.err}"
        return Said(captured.out, captured.err)

    return run


@pytest.fixture(scope="session")
def cluster(platform: Access) -> Cluster:
    return Cluster(platform)


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A model that has learned little, and a better one."""
    rows, labels = load_iris(return_X_y=True)
    root = tmp_path_factory.mktemp("models")
    made = []
    for number, model in enumerate((DecisionTreeClassifier(max_depth=1), LogisticRegression(max_iter=500))):
        folder = root / str(number + 1)
        folder.mkdir()
        joblib.dump(model.fit(rows, labels), folder / "model.joblib")
        made.append(folder)
    return made[0], made[1]


@pytest.fixture(scope="session")
def registered(platform: Access, folders: tuple[Path, Path]) -> str:
    """The model `flowers` with the versions 1 and 2."""
    client = RestClient(platform)
    model = client.call("POST", f"{_REGISTRY}/registered_models", {"name": "flowers", "owner": "ada"})
    for number, folder in enumerate(folders, start=1):
        body = {"name": str(number), "registeredModelId": model["id"], "author": "ada"}
        version = client.call("POST", f"{_REGISTRY}/registered_models/{model['id']}/versions", body)
        artifact = {"artifactType": "model-artifact", "name": f"flowers-{number}", "uri": f"file://{folder}",
                    "modelFormatName": "sklearn", "state": "LIVE"}  # fmt: skip
        client.call("POST", f"{_REGISTRY}/model_versions/{version['id']}/artifacts", artifact)
    return "flowers"


@pytest.fixture(scope="module")
def flowers(cluster: Cluster, registered: str) -> Iterator[str]:
    """A service of version 1, by its name in the registry."""
    uri = f"model-registry://{registered}/1"
    cluster.create("flowers", {"model": {"modelFormat": {"name": "sklearn"}, "storageUri": uri}})
    cluster.until_ready("flowers")
    yield "flowers"
    cluster.delete("flowers")

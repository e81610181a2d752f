"""Models trained on real data, and model servers of this package."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from skl2onnx import to_onnx
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from minikf.spec import Access
from tests.embedded.serving.cluster import Cluster
from tests.embedded.serving.farm import Farm, Started


@dataclass(frozen=True)
class Digits:
    """The same model in both formats, and the part of the data that it has not seen."""

    sklearn: Path
    onnx: Path
    estimator: Any
    images: np.ndarray[Any, Any]
    labels: np.ndarray[Any, Any]

    @property
    def rows(self) -> list[list[float]]:
        return [list(row) for row in self.images[:5].tolist()]

    @property
    def expected(self) -> list[int]:
        return [int(label) for label in self.estimator.predict(self.images[:5])]


@pytest.fixture(scope="session")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Digits:
    folder = tmp_path_factory.mktemp("digits")
    images, labels = load_digits(return_X_y=True)
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=200)).fit(images[:1000], labels[:1000])
    for name in ("sklearn", "onnx"):
        (folder / name).mkdir()
    joblib.dump(model, folder / "sklearn" / "model.joblib")
    portable = to_onnx(model, images[:1].astype(np.float32), options={"zipmap": False})
    (folder / "onnx" / "model.onnx").write_bytes(portable.SerializeToString())
    return Digits(folder / "sklearn", folder / "onnx", model, images[1000:], labels[1000:])


@pytest.fixture(scope="session")
def farm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm]:
    made = Farm(tmp_path_factory.mktemp("servers"))
    yield made
    made.end()


@pytest.fixture(scope="session")
def sklearn_server(farm: Farm, digits: Digits) -> Started:
    """A server of the sklearn model, for tests that leave it as it is."""
    return farm.serve(
        "--model_name=digits", f"--model_dir={digits.sklearn}", "--allowed_hosts=digits.default,x.example"
    )


@pytest.fixture(scope="session")
def onnx_server(farm: Farm, digits: Digits) -> Started:
    return farm.serve("--model_name=digits", f"--model_dir={digits.onnx}", "--model_format=onnx")


Serve = Callable[..., Started]


@pytest.fixture
def serve(farm: Farm) -> Iterator[Serve]:
    """Starts servers that end with the test."""
    begun: list[Started] = []

    def start(*argv: str, **env: str) -> Started:
        begun.append(farm.serve(*argv, **env))
        return begun[-1]

    yield start
    for one in begun:
        if one.pid in farm.running:
            one.signal(9)
            one.wait()


@pytest.fixture(scope="session")
def cluster(platform: Access) -> Cluster:
    return Cluster(platform)

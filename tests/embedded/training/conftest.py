"""The official clients, pointed at the platform that the tests share, and an environment with the Training SDK."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from kubernetes import client, config

from minikf.spec import Access

# The last release of the SDK for the v1 kinds. It shares its package's name with the SDK for TrainJobs.
SDK = "kubeflow-training==1.9.4"


@pytest.fixture(scope="session")
def api(platform: Access) -> client.ApiClient:
    return config.new_client_from_config(config_file=str(platform.kubeconfig))


@pytest.fixture(scope="session")
def custom(api: client.ApiClient) -> client.CustomObjectsApi:
    return client.CustomObjectsApi(api)


@pytest.fixture(scope="session")
def core(api: client.ApiClient) -> client.CoreV1Api:
    return client.CoreV1Api(api)


def environment(config: pytest.Config, *packages: str) -> str:
    """The python of an environment with these packages; it is made once and kept in pytest's cache."""
    assert config.cache is not None
    prefix = config.cache.mkdir("training") / "+".join(packages)
    python, ready = prefix / "bin" / "python", prefix / "ready"
    if not ready.exists():
        uv = Path(sys.executable).parent / "uv"
        subprocess.run([uv, "venv", "-q", "--clear", "--python", sys.executable, prefix], check=True)
        subprocess.run([uv, "pip", "install", "-q", "--python", python, *packages], check=True)
        ready.touch()
    return str(python)


@pytest.fixture(scope="session")
def sdk_python(pytestconfig: pytest.Config) -> str:
    return environment(pytestconfig, SDK)

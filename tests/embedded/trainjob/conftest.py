"""The official clients, pointed at the platform that the tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from kubeflow.common.types import KubernetesBackendConfig
from kubeflow.trainer import TrainerClient
from kubernetes import client, config

from minikf.spec import Access


@pytest.fixture(scope="session")
def trainer(platform: Access) -> Iterator[TrainerClient]:
    yield TrainerClient(backend_config=KubernetesBackendConfig(config_file=str(platform.kubeconfig)))


@pytest.fixture(scope="session")
def api(platform: Access) -> Iterator[client.ApiClient]:
    yield config.new_client_from_config(config_file=str(platform.kubeconfig))

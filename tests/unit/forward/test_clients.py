"""Official clients, as they are, with what `minikf env` says."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from minikf.bundle import shelf
from minikf.bundle.selection import select
from minikf.engine import forwarding
from minikf.environment import variables
from minikf.install.doors import targets
from minikf.paths import PlatformPaths
from minikf.spec import Access
from tests.unit.forward.apiserver import ApiServer
from tests.unit.forward.conftest import Component, component

PROGRAMS = {
    "model-registry": """
import os
from kubeflow.hub import ModelRegistryClient
print([one.name for one in ModelRegistryClient(os.environ["MODEL_REGISTRY_URL"], author="me").list_models()])
""",
    "kfp": """
import os, kfp
client = kfp.Client(
    host=os.environ["ENDPOINT"], ssl_ca_cert=os.environ["SSL_CERT_FILE"],
    existing_token=open(os.environ["KF_PIPELINES_SA_TOKEN_PATH"]).read(),
)
print(client.get_kfp_healthz().multi_user, client.list_experiments(namespace="me").total_size)
""",
    "requests": """
import os, requests
token = open(os.environ["KF_PIPELINES_SA_TOKEN_PATH"]).read()
print(requests.get(os.environ["ENDPOINT"] + "/who", headers={"Authorization": f"Bearer {token}"},
                   verify=os.environ["SSL_CERT_FILE"]).text)
""",
}
EMPTY = json.dumps({"items": [], "pageSize": 1, "size": 0, "nextPageToken": ""}).encode()


@pytest.fixture
async def service(api: ApiServer) -> AsyncIterator[Component]:
    """What answers for both components, under the names that upstream gives their Services."""
    async with component("kubeflow") as made:
        made.extra = "Content-Type: application/json\r\n"
        made.answers = {
            b"/api/model_registry/v1/registered_models": EMPTY,
            b"/apis/v2beta1/healthz": b'{"multi_user": true}',
            b"/apis/v2beta1/experiments": b'{"total_size": 0}',
        }
        api.pods["kubeflow-0"] = made.port
        for name, port in (("model-registry-service", 8080), ("ml-pipeline", 8888)):
            api.serve(name, "kubeflow-0", port=port)
            api.services[f"kubeflow/{name}"] = api.services.pop(f"shop/{name}")
            (one,) = api.slices.pop(f"shop/{name}")
            one["endpoints"][0]["targetRef"]["namespace"] = "kubeflow"
            api.slices[f"kubeflow/{name}"] = [one]
        yield made


@pytest.mark.parametrize(("program", "said"), [("model-registry", "[]"), ("kfp", "True 0"), ("requests", "kubeflow")])
async def test_they_get_in(
    api: ApiServer, service: Component, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, program: str, said: str
) -> None:
    for variable in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / variable))
    paths = PlatformPaths.of("one")
    paths.config.mkdir(parents=True)
    paths.token.write_text("cluster-token")
    access = Access("one", "kind", api.address, paths.kubeconfig, paths.ca, paths.token)
    try:
        await asyncio.to_thread(forwarding.carry, paths, access, targets(select(shelf.bundle(), "lite")))
        reached = await asyncio.to_thread(forwarding.reached, access)
        kept = {name: value for name, value in os.environ.items() if "CA_BUNDLE" not in name}
        environment = kept | variables(reached) | {"ENDPOINT": reached.endpoints["pipelines-api"]}
        done = await asyncio.to_thread(
            subprocess.run, [sys.executable, "-c", PROGRAMS[program]], capture_output=True, text=True, env=environment,
            check=False, timeout=120,
        )  # fmt: skip
    finally:
        await asyncio.to_thread(forwarding.end, paths)
    assert done.stdout.strip().splitlines()[-1:] == [said], done.stderr[-2000:]
    assert all(b"kubeflow-userid: user@example.com\r\n" in seen for seen in service.requests)

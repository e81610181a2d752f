"""Who is let in: loopback Host, no foreign Origin, the platform's credential; on every surface."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from minikf.spec import Access
from tests.embedded.wire import Wire

SURFACES = (
    "/api/v1/secrets",
    "/apis/trainer.kubeflow.org/v1alpha1/trainjobs",
    "/openapi/v3",
    "/version",
    "/minikf/v1/status",
    "/api/model_registry/v1alpha3/registered_models",
    "/nothing/here",
)


@pytest.mark.parametrize("path", SURFACES)
async def test_without_the_credential_nothing_is_told(platform: Access, path: str) -> None:
    wire = Wire(platform)
    for authorization in (None, "Bearer wrong", "Bearer ", f"Basic {wire.token}", wire.token):
        answer = await wire.ask("GET", path, authorization=authorization)
        assert (answer.code, answer.json["reason"]) == (401, "Unauthorized"), authorization


@pytest.mark.parametrize("path", SURFACES)
async def test_a_foreign_host_name_is_refused_even_with_the_credential(platform: Access, path: str) -> None:
    wire = Wire(platform)
    for host in ("evil.example", f"evil.example:{wire.port}", "127.0.0.1", f"localhost.evil.example:{wire.port}", ""):
        answer = await wire.ask("GET", path, host=host)
        assert answer.code in (400, 421), host
    assert (await wire.ask("GET", "/readyz", host="evil.example")).code == 421


@pytest.mark.parametrize("path", SURFACES)
async def test_a_foreign_origin_is_refused_even_with_the_credential(platform: Access, path: str) -> None:
    wire = Wire(platform)
    for origin in ("https://evil.example", "null", f"http://127.0.0.1:{wire.port}", "https://127.0.0.1"):
        assert (await wire.ask("GET", path, origin=origin)).code == 403, origin


async def test_the_right_request_is_answered(platform: Access) -> None:
    wire = Wire(platform)
    for host in (f"127.0.0.1:{wire.port}", f"localhost:{wire.port}"):
        answer = await wire.ask("GET", "/api/v1/namespaces/default", host=host, origin=f"https://{host}")
        assert answer.code == 200 and answer.json["metadata"]["name"] == "default"


async def test_a_websocket_passes_the_same_door(platform: Access) -> None:
    wire = Wire(platform)
    upgrade = {"upgrade": "websocket", "connection": "Upgrade", "sec_websocket_version": "13"}
    upgrade["sec_websocket_key"] = "dGhlIHNhbXBsZSBub25jZQ=="
    path = "/api/v1/namespaces/default/pods/none/exec?command=true"
    assert (await wire.ask("GET", path, **upgrade, authorization=None)).code in (401, 403)
    assert (await wire.ask("GET", path, **upgrade, host="evil.example")).code in (421, 403)
    assert (await wire.ask("GET", path, **upgrade, origin="https://evil.example")).code == 403


def test_files_with_credentials_are_for_their_owner_only(platform: Access) -> None:
    for file in (platform.token, platform.kubeconfig):
        assert file.stat().st_mode & 0o777 == 0o600, file


ANOTHER_USER = """
import http.client, ssl, sys
from pathlib import Path
port, files = int(sys.argv[1]), sys.argv[2:]
for file in files:
    try:
        Path(file).read_bytes()
    except PermissionError:
        continue
    sys.exit(f"{file} can be read by another user")
connection = http.client.HTTPSConnection("127.0.0.1", port, context=ssl._create_unverified_context())
connection.request("GET", "/api/v1/secrets")
sys.exit(0 if connection.getresponse().status == 401 else "another user was let in")
"""


@pytest.mark.skipif(os.getuid() != 0, reason="only root can start a process of another user")
def test_another_unix_user_gets_nothing(platform: Access) -> None:
    wire = Wire(platform)
    command = [sys.executable, "-c", ANOTHER_USER, str(wire.port), str(platform.token), str(platform.kubeconfig)]
    run = subprocess.run(
        ["/usr/bin/python3", *command[1:]] if Path("/usr/bin/python3").exists() else command,
        user="nobody",
        capture_output=True,
        text=True,
        check=False,
        cwd="/",
    )
    assert run.returncode == 0, run.stderr

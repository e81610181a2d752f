"""What `minikf env` prints is all that official clients need."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from minikf.environment import SHELLS, script, variables
from minikf.errors import UsageError
from minikf.spec import Access

NASTY = {"A": "it's", "B": 'a "b" $HOME `id` \\ \\\\', "C": "two\nlines", "D": ""}


@pytest.fixture
def exported(platform: Access) -> dict[str, str]:
    return os.environ | variables(platform)


def test_kubectl_needs_nothing_else(exported: dict[str, str]) -> None:
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        pytest.skip("kubectl is not on PATH")
    done = subprocess.run(
        [kubectl, "get", "ns", "-o", "name"], env=exported, capture_output=True, text=True, check=True
    )
    assert "namespace/default" in done.stdout.split()


def python(program: str, variables: dict[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program], env=variables, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_kubernetes_client_needs_nothing_else(exported: dict[str, str]) -> None:
    program = (
        "from kubernetes import client, config\nconfig.load_kube_config()\n"
        "print([n.metadata.name for n in client.CoreV1Api().list_namespace().items])"
    )
    assert "'default'" in python(program, exported)


def test_the_registry_client_needs_the_address_alone(exported: dict[str, str]) -> None:
    program = (
        "import os\nfrom model_registry import ModelRegistry\n"
        "registry = ModelRegistry(os.environ['MODEL_REGISTRY_URL'], author='test')\n"
        "print(list(registry.get_registered_models()))"
    )
    assert python(program, exported).strip().startswith("[")


def test_other_servers_are_still_trusted(exported: dict[str, str]) -> None:
    bundle = Path(exported["SSL_CERT_FILE"]).read_text()
    own = Path(exported["KUBECONFIG"]).with_name("ca.crt").read_text()
    assert own in bundle and bundle.count("BEGIN CERTIFICATE") > 20
    program = "import ssl; print(len(ssl.create_default_context().get_ca_certs()))"
    assert int(python(program, exported)) > 20


@pytest.mark.parametrize("shell", ["sh", "bash", "zsh", "fish"])
def test_each_shell_reads_its_own_syntax(shell: str) -> None:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed")
    lines = script(NASTY, shell)
    show = f"{sys.executable} -c 'import os; print({{name: os.environ[name] for name in \"ABCD\"}})'"
    text = "\n".join([*lines, show])
    done = subprocess.run([program, "-c", text], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == repr(NASTY)


def test_powershell_quotes_are_doubled() -> None:
    assert script({"A": "it's $HOME"}, "powershell") == ["$Env:A = 'it''s $HOME'"]


def test_an_unknown_shell_is_said() -> None:
    with pytest.raises(UsageError) as caught:
        script(NASTY, "basic")
    assert all(shell in caught.value.cause for shell in SHELLS)

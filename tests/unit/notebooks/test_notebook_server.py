"""The program of a notebook's pod before Jupyter: bad folders, a port that is taken, another program in its place."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import sysconfig
from dataclasses import replace
from pathlib import Path

import pytest

from minikf.embedded.notebooks import environment, server
from minikf.embedded.notebooks.folder import NotebookFolder, Settings


@pytest.fixture
def folder(tmp_path: Path) -> NotebookFolder:
    return NotebookFolder(tmp_path / "notebook")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    config = tmp_path / "config"
    config.mkdir()
    context = {"name": "c", "context": {"cluster": "c", "namespace": "default"}}
    cluster = {"name": "c", "cluster": {"server": "https://127.0.0.1:1"}}
    (config / "kubeconfig").write_text(json.dumps({"clusters": [cluster], "contexts": [context]}))
    xdg = {"XDG_CONFIG_HOME": str(tmp_path / "a b")}
    site = sysconfig.get_path("purelib")
    return Settings(
        "team", "nb", "/notebook/team/nb", 0, "secret-token", "default", sys.executable, site, str(config),
        "https://127.0.0.1:1", xdg,
    )  # fmt: skip


def test_settings_are_the_owners_alone_and_come_back(folder: NotebookFolder, settings: Settings) -> None:
    folder.write(settings)
    assert folder.read() == settings
    assert stat.S_IMODE(folder.settings_file.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.path.stat().st_mode) == 0o700


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"port": 1}'])
def test_settings_that_cannot_be_read_end_the_program(
    folder: NotebookFolder, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert server.main([str(folder.path)]) == server.NO_SETTINGS
    folder.path.mkdir()
    folder.settings_file.write_text(text)
    assert server.main([str(folder.path)]) == server.NO_SETTINGS
    assert str(folder.settings_file) in capsys.readouterr().err
    assert server.main([]) == 2


def test_a_taken_port_ends_the_program(
    folder: NotebookFolder, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    with server.listen(0) as taken:
        port = taken.getsockname()[1]
        folder.write(replace(settings, port=port))
        assert server.main([str(folder.path)]) == server.NO_PORT
    assert f"port {port}" in capsys.readouterr().err


def test_the_environment_is_made_once_and_kept(folder: NotebookFolder, settings: Settings) -> None:
    folder.write(settings)
    place = environment.ensure(folder, settings)
    installed = next(place.glob("lib/python*/site-packages")) / "mine.py"
    installed.write_text("VALUE = 1")
    environment.ensure(folder, replace(settings, xdg={"XDG_CONFIG_HOME": "/elsewhere"}))  # as after a move
    assert "export XDG_CONFIG_HOME=/elsewhere" in (place / "bin" / "minikf").read_text()
    asked = "import mine, sys, yaml; print(mine.VALUE, sys.prefix, yaml.__name__)"
    run = subprocess.run([place / "bin" / "python", "-c", asked], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["1", str(place), "yaml"]
    pip = subprocess.run([place / "bin" / "pip", "--version"], capture_output=True, text=True, check=True)
    assert "pip" in pip.stdout


def test_clients_find_the_platform_in_the_notebooks_namespace(folder: NotebookFolder, settings: Settings) -> None:
    folder.write(settings)
    theirs = str(Path(settings.config) / "kubeconfig")
    found = environment.variables(folder, settings, {"KUBECONFIG": theirs, "PATH": "/bin", "MODEL_REGISTRY_URL": "x"})
    config = json.loads(Path(found["KUBECONFIG"]).read_text())
    assert config["contexts"][0]["context"]["namespace"] == "team"
    assert found["PATH"] == f"{folder.environment}/bin:/bin"
    assert "MODEL_REGISTRY_URL" not in found  # the pod's own word stays
    folder.redirect("https://127.0.0.1:2")
    assert json.loads(folder.kubeconfig.read_text())["clusters"][0]["cluster"]["server"] == "https://127.0.0.1:2"
    # No credential is given to a pod that asked for none.
    assert "KUBECONFIG" not in environment.variables(folder, settings, {})


def test_code_server_gets_its_password_from_a_file(folder: NotebookFolder, settings: Settings, tmp_path: Path) -> None:
    """A stand-in: it tells how it was started. The real program is not on the machines that run these tests."""
    program = tmp_path / "code-server"
    program.write_text(f"#!{sys.executable}\nimport os, sys\nprint(sys.argv[1:], dict(os.environ))\n")
    program.chmod(0o755)
    folder.write(replace(settings, program=str(program)))
    command = [sys.executable, "-m", "minikf.embedded.notebooks.server", str(folder.path)]
    run = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ})
    config = folder.runtime / "code-server.yaml"
    assert f"'--config', '{config}'" in run.stdout
    assert settings.token not in run.stdout
    assert json.loads(config.read_text())["password"] == settings.token
    assert stat.S_IMODE(config.stat().st_mode) == 0o600

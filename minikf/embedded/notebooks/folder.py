"""The folder of a notebook, which lives as long as its object: its environment, its settings, what it wrote.

notebook.json   how the server in the pod is to run, its token among it (0600)
kubeconfig      the platform's, with the notebook's namespace (0600)
env/            the virtual environment that `pip install` writes to
home/           the working folder of a notebook that mounts none
run/            Jupyter's own: connection files of kernels, the cookie's key
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from minikf.files import make_folder, write_private


@dataclass(frozen=True)
class Settings:
    """What the server in the pod is told. `prefix` has no slash at its end; `program` is "" for JupyterLab, else
    code-server, which listens on the unix socket `socket`.

    `python` and `site` are the platform's interpreter and its packages, `xdg` the folders by which `minikf` finds the
    platform, `config` the folder of its credentials.
    """

    namespace: str
    name: str
    prefix: str
    port: int
    token: str
    platform: str
    python: str
    site: str
    config: str
    server: str
    xdg: dict[str, str]
    program: str = ""
    socket: str = ""


@dataclass(frozen=True)
class NotebookFolder:
    """The folder of one Notebook object, by its uid."""

    path: Path

    @classmethod
    def of(cls, root: Path, uid: str) -> NotebookFolder:
        return cls(root / uid)

    @property
    def settings_file(self) -> Path:
        return self.path / "notebook.json"

    @property
    def kubeconfig(self) -> Path:
        return self.path / "kubeconfig"

    @property
    def environment(self) -> Path:
        return self.path / "env"

    @property
    def home(self) -> Path:
        return self.path / "home"

    @property
    def runtime(self) -> Path:
        return self.path / "run"

    def write(self, settings: Settings) -> None:
        """Writes the settings and makes the folders. Raises Refused."""
        for folder in (self.path, self.home, self.runtime):
            make_folder(folder)
        text = json.dumps(asdict(settings), indent=1) + "\n"
        if not self.settings_file.exists() or self.settings_file.read_text() != text:
            write_private(self.settings_file, text)

    def read(self) -> Settings:
        """Raises OSError, ValueError or TypeError when the file is not what `write` wrote."""
        return Settings(**json.loads(self.settings_file.read_text()))

    def redirect(self, server: str) -> None:
        """The platform's address changed while the notebook ran: its clients shall find it. Raises Refused."""
        if self.kubeconfig.exists():
            config = json.loads(self.kubeconfig.read_text())
            for entry in config["clusters"]:
                entry["cluster"]["server"] = server
            write_private(self.kubeconfig, json.dumps(config, indent=2) + "\n")

    def remove(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)


def all_folders(root: Path) -> Iterator[NotebookFolder]:
    """Every notebook's folder that there is."""
    if root.is_dir():
        yield from (NotebookFolder(path) for path in root.iterdir() if path.is_dir())

"""JupyterLab as the server of one notebook: on a socket that listens already, behind its token.

The door is Jupyter's own: a token (or the cookie that it is exchanged for) for everything but `/api`'s version, Host
headers of loopback only (`allow_remote_access`), no foreign Origin, XSRF tokens for cookies. Nothing a user's own
configuration file says can open it: what is set here comes as the command line's.
"""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any, ClassVar

import zmq
from jupyter_core.paths import jupyter_path
from jupyter_server.serverapp import ServerApp
from jupyterlab.labapp import LabApp
from traitlets.config import Config

from minikf.embedded.notebooks.folder import Settings


class NotebookServer(ServerApp):
    """Takes connections from a socket that was opened before Jupyter was imported."""

    listener: ClassVar[socket.socket]
    fixed: ClassVar[dict[str, dict[str, Any]]]

    def parse_command_line(self, argv: list[str] | None = None) -> None:
        """Adds our configuration as if the command line had said it: no file can take it back."""
        super().parse_command_line(argv)
        self.cli_config.merge(Config(self.fixed))
        self.update_config(self.cli_config)

    def _find_http_port(self) -> None:
        """The port is ours already."""

    def _bind_http_server_tcp(self) -> bool:
        self.http_server.add_socket(self.listener)
        return True

    def write_browser_open_files(self) -> None:
        """They would hold the token, readable by all; `minikf open notebook` needs none."""


class NotebookLab(LabApp):  # type: ignore[misc]  # its classes are not typed
    """LabApp on a NotebookServer."""

    serverapp_class = NotebookServer

    @classmethod
    def get_extension_package(cls) -> str:
        """Jupyter would take the top of our own package for the extension's."""
        return "jupyterlab"


def serve(settings: Settings, listener: socket.socket, root: Path) -> None:
    """Runs JupyterLab until SIGTERM; its kernels and terminals end with it."""
    NotebookServer.listener = listener
    NotebookServer.fixed = configuration(settings, root)
    NotebookLab.initialize_server(argv=[]).start()


def configuration(settings: Settings, root: Path) -> dict[str, dict[str, Any]]:
    """Jupyter's configuration by class and trait."""
    return {
        "ServerApp": {
            "ip": "127.0.0.1",
            "port": settings.port,
            "port_retries": 0,
            "base_url": f"{settings.prefix}/",
            "root_dir": str(root),
            "default_url": "/lab",
            "open_browser": False,
            # It reads Jupyter Notebook 6's configuration, and imports all of IPython for that: half of the start.
            "jpserver_extensions": {"jupyterlab": True, "notebook_shim": False},
            "allow_root": True,  # the platform's user is whoever owns it, also in a container of his own
            "allow_remote_access": False,
            "allow_origin": "",
            "allow_origin_pat": "",
            "disable_check_xsrf": False,
            "allow_unauthenticated_access": False,
            "quit_button": False,  # a notebook is stopped by its object: what quits is started again
        },
        "IdentityProvider": {"token": settings.token, "cookie_options": {"SameSite": "Strict"}},
        # Its own default imports all of IPython, for the folder of kernels that IPython 3 had.
        "KernelSpecManager": {"kernel_dirs": jupyter_path("kernels")},
        # What a kernel prints goes over loopback, where every user of the machine could listen.
        "KernelManager": {"transport_encryption": "auto" if zmq.has("curve") else "disabled"},
        "PasswordIdentityProvider": {"allow_password_change": False},
        "LabApp": {
            # Installing one would write to the platform's environment, which all notebooks and pods share.
            "extension_manager": "readonly",
            # Nothing is asked of its makers, neither news nor newer versions.
            "news_url": None,
            "check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
        },
    }

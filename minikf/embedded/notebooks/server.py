"""The program of a notebook's pod: `python -m minikf.embedded.notebooks.server FOLDER`.

JupyterLab, or code-server where the settings name its program. It listens before it imports Jupyter: whoever asks
meanwhile waits in the socket's queue. The token comes from the folder's settings, which only their owner can read; it
is in no command line and in no environment.
"""

from __future__ import annotations

import logging
import os
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

from minikf.embedded.notebooks import environment
from minikf.embedded.notebooks.folder import NotebookFolder
from minikf.errors import Refused

log = logging.getLogger("minikf.notebooks")

NO_PORT = 4
NO_SETTINGS = 3


def main(argv: Sequence[str] | None = None) -> int:
    """Serves until SIGTERM. 2 for a wrong command line, 3 without readable settings or folders, 4 without its port."""
    words = sys.argv[1:] if argv is None else list(argv)
    if len(words) != 1:
        print("usage: python -m minikf.embedded.notebooks.server FOLDER", file=sys.stderr)
        return 2
    folder = NotebookFolder(Path(words[0]))
    try:
        settings = folder.read()
    except (OSError, ValueError, TypeError) as error:
        print(f"the notebook's settings {folder.settings_file} cannot be read: {error}", file=sys.stderr)
        return NO_SETTINGS
    try:
        listener = listen(settings.port)
    except OSError as error:
        print(f"port {settings.port} of 127.0.0.1 cannot be had: {error.strerror}", file=sys.stderr)
        return NO_PORT
    try:
        environment.ensure(folder, settings)
        os.environ.update(environment.variables(folder, settings, os.environ))
    except (OSError, Refused) as error:
        print(f"the notebook's environment cannot be made: {error}", file=sys.stderr)
        return NO_SETTINGS
    if settings.program:
        from minikf.embedded.notebooks import codeserver

        return codeserver.serve(settings, folder, listener, os.environ)
    from minikf.embedded.notebooks import lab

    lab.serve(settings, listener, Path.cwd())
    return 0


def listen(port: int) -> socket.socket:
    """A listening socket on loopback. Raises OSError."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
        listener.listen(128)
    except OSError:
        listener.close()
        raise
    listener.setblocking(False)
    return listener


if __name__ == "__main__":
    sys.exit(main())

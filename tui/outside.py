"""What happens outside of the terminal UI: a shell in a pod."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported

from minikf.errors import MinikfError
from minikf.tools.find import look
from minikf.tui.feed import LogSource
from minikf.views.asking import Reach

if TYPE_CHECKING:
    from minikf.tui.app import MinikfApp

# The first shell that there is.
_SHELL = ("sh", "-c", "command -v bash >/dev/null && exec bash || exec sh")


def shell(app: MinikfApp, source: LogSource) -> None:
    """Leaves the screen to `kubectl exec`, and takes it back when the shell ends."""
    tool = look("kubectl")
    if tool.path is None:
        app.say(f"a shell needs kubectl: {tool.cause}. Try: minikf doctor", worse=True)
        return
    try:
        access = Reach(app.platform).access()
    except MinikfError as error:
        app.say(f"{error.message}: {error.cause}", worse=True)
        return
    where = ["-n", source.namespace, source.pod, "-c", source.container]
    command = [str(tool.path), "--kubeconfig", str(access.kubeconfig), "exec", "-it", *where, "--", *_SHELL]
    try:
        with app.suspend():
            print(f"A shell in {source}; ctrl+d leads back.")
            code = subprocess.run(command, check=False, env={**os.environ, "KUBECONFIG": ""}).returncode
    except SuspendNotSupported:
        app.say(f"no shell from here: {' '.join(command[:1] + command[3:])}", worse=True)
        return
    app.forget_keys()
    app.refresh()
    if code:
        app.say(f"the shell ended with exit code {code}", worse=True)

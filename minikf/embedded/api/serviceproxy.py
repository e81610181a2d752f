"""`/api/v1/namespaces/NS/services/NAME/proxy/...`: services that the daemon itself is.

`kfp.Client()` without arguments reaches its API this way, through whatever the kubeconfig names.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping

from minikf.embedded.api.call import Receive, Scope, Send

App = Callable[[Scope, Receive, Send], Awaitable[None]]

# The last part of a service's name is [SCHEME:]NAME[:PORT], as in Kubernetes' utilnet.SplitSchemeNamePort.
_PROXIED = re.compile(
    r"/api/v1/namespaces/[^/]+/services/(?:https?:)?(?P<name>[^/:]+)(?::[^/:]*)?/proxy(?P<rest>/.*)?", re.DOTALL
)


def split(path: str) -> tuple[str, str] | None:
    """(service, path below it) of a proxied path, or None for any other path."""
    found = _PROXIED.fullmatch(path)
    return None if found is None else (found["name"], found["rest"] or "/")


def proxied(apps: Mapping[str, App], path: str) -> tuple[App, str] | None:
    """The app that is the service of a proxied path, with the path for it; None when no app of ours is."""
    found = split(path)
    if found is None or found[0] not in apps:
        return None
    return apps[found[0]], found[1]

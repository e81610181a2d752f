"""`pods/<name>/attach`: refused with the reason; `kubectl run -i` then shows the log instead, by itself."""

from __future__ import annotations

from minikf.embedded.api.call import Receive, Scope, Send
from minikf.embedded.controllers.context import Context
from minikf.embedded.pods.request import not_here
from minikf.embedded.store import Entry


async def attach(context: Context, entry: Entry, scope: Scope, receive: Receive, send: Send) -> None:
    """Raises ApiError 501."""
    name = entry.obj["metadata"]["name"]
    raise not_here(
        "attach",
        "a container writes its log itself and outlives the daemon, so nobody stands between to attach to; "
        f"follow its log (kubectl logs -f {name}) or start a program beside it (kubectl exec -it {name} -- sh)",
    )

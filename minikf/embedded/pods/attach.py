"""`pods/<name>/attach`: what a container prints from now on, until it ends.

A container writes its log itself and outlives the daemon, so nobody stands between to hand it input or a terminal:
a terminal is refused, input is told to go nowhere.
"""

from __future__ import annotations

import time

import orjson

from minikf.embedded.api.call import Receive, Scope, Send
from minikf.embedded.controllers.context import Context
from minikf.embedded.pods.exec import ERROR, STDERR, STDOUT, V4, V5, choose_protocol
from minikf.embedded.pods.logread import LogQuery, read_log
from minikf.embedded.pods.request import Frames, Query, as_status, container_of, ends_with_client, not_here, running
from minikf.embedded.store import Entry

# Whoever attaches to what has just started (`kubectl run -i`) wants to see its beginning.
_YOUNG_SECONDS = 10.0
_NO_INPUT = b"minikf: standard input does not reach a container on the embedded engine\n"


async def attach(context: Context, entry: Entry, scope: Scope, receive: Receive, send: Send) -> None:
    """Follows the container's output. Raises ApiError 501 for a terminal, 400 when it does not run."""
    query = Query(scope)
    name = entry.obj["metadata"]["name"]
    if query.flag("tty"):
        advice = f"start a shell beside it instead: kubectl exec -it {name} -- sh"
        raise not_here("attach", f"a container outlives the daemon, so it has no terminal; {advice}")
    run = running(context, entry.obj, query.text("container"))
    _spec, container = container_of(context, entry.obj, query.text("container"))
    protocol = choose_protocol(scope, (V5, V4))
    await receive()  # websocket.connect
    await send({"type": "websocket.accept", "subprotocol": protocol})
    young = time.time() - run.started_at < _YOUNG_SECONDS
    frames = Frames(send)
    with ends_with_client(receive) as gone:
        if query.flag("stdin") and query.flag("stderr"):
            await frames.send(bytes([STDERR]) + _NO_INPUT)
        wanted = LogQuery(follow=True, tail=None if young else 0)

        def has_ended() -> bool:
            return gone.is_set() or frames.is_gone or container is None or container.run is not run

        async for chunk in read_log(run.attempt, wanted, has_ended):
            await frames.send(bytes([STDOUT]) + chunk)
        if not gone.is_set():
            await frames.send(bytes([ERROR]) + orjson.dumps(as_status(0)))
            await frames.close()

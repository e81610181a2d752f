"""Images of the local Docker engine, or of archives, into the containerd of a cluster's nodes."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

from minikf.engine.docker.images import ImageEngine
from minikf.engine.images.deliver import Delivery, Route
from minikf.engine.images.errors import ImageNotLoaded
from minikf.engine.images.node import Node, look
from minikf.engine.images.sources import Source, fitting, resolve
from minikf.engine.protocol import Steps
from minikf.errors import MinikfError
from minikf.spec import Event, LoadedImage


def load(
    engine: ImageEngine, nodes: Sequence[str], references: Sequence[str], routes: Sequence[Route] = tuple(Route)
) -> Steps[tuple[LoadedImage, ...]]:
    """Puts images where the pods of a cluster find them; `references` are names, ids or files, `nodes` containers.

    Asks all nodes first what they have, and sends only what is missing. Every node is served, also when another one
    fails. `routes` are the ways that may be taken, in this order.

    Raises Refused before anything is sent: an image is missing, nameless, or for another architecture; no room for
    an archive on this machine. Raises ImageNotLoaded naming the nodes that an image did not reach; those have what
    they had before.
    """
    found = resolve(engine, references)
    try:
        with ThreadPoolExecutor(max(len(nodes), 1)) as threads:
            asked = {name: threads.submit(look, engine, name, [one.image for one in found]) for name in nodes}
            failed = {name: error for name, one in asked.items() if (error := one.exception()) is not None}
            known = [one.result() for name, one in asked.items() if name not in failed]
            sources = fitting(found, [node.platform for node in known])
            delivery = Delivery(engine, routes, secrets.token_hex(8))
            with _stopping(delivery):
                work = {node.container: threads.submit(_serve, delivery, node, sources) for node in known}
                yield from _heard(delivery, work)
    finally:
        for source in found:
            source.close()
    failed |= {name: error for name, one in work.items() if (error := one.exception()) is not None}
    for name, error in failed.items():
        yield Event("images", "failed", f"node '{name}' did not get all of them", cause=str(error))
    if failed:
        raise _failure(failed, nodes)
    sent = [one.result() for one in work.values()]
    return tuple(
        LoadedImage(source.image.reference, sum(one[i][0] for one in sent), sum(one[i][1] for one in sent))
        for i, source in enumerate(sources)
    )


def _serve(delivery: Delivery, node: Node, sources: Sequence[Source]) -> list[tuple[int, int]]:
    """Brings the images to one node, one after another: later ones find the layers of earlier ones."""
    return [delivery.bring(node, source) for source in sources]


def _heard(delivery: Delivery, work: dict[str, Future[list[tuple[int, int]]]]) -> Iterator[Event]:
    """The events of all nodes as they come, until all are served."""
    for one in work.values():
        one.add_done_callback(lambda _: delivery.events.put(None))
    at_work = len(work)
    while at_work:
        event = delivery.events.get()
        if event is None:
            at_work -= 1
        else:
            yield event


@contextmanager
def _stopping(delivery: Delivery) -> Iterator[None]:
    """Ends what goes on in the nodes where the listener goes away, by Ctrl-C for one."""
    try:
        yield
    except BaseException:
        delivery.stop()
        raise


def _failure(failed: dict[str, BaseException], nodes: Sequence[str]) -> BaseException:
    """One node's error as it is; those of several under one roof."""
    first = next(iter(failed.values()))
    if len(failed) == 1 or not isinstance(first, MinikfError):
        return first
    reached = [name for name in nodes if name not in failed]
    return ImageNotLoaded(
        f"images did not reach the nodes {', '.join(failed)}"
        + (f"; {', '.join(reached)} have them" if reached else ""),
        cause="; ".join(f"{name}: {getattr(error, 'cause', '') or error}" for name, error in failed.items()),
        advice=first.advice,
    )

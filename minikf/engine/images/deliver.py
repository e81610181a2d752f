"""One image to one node, by the shortest way that is open."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from enum import Enum
from functools import cached_property

from minikf.engine.docker.images import ImageEngine, Store
from minikf.engine.images import direct, unpack
from minikf.engine.images.errors import ImageNotLoaded, NotThisWay
from minikf.engine.images.node import OVERLAYFS, Node, explore
from minikf.engine.images.oci import Content, as_file, layout, manifest, of_archive
from minikf.engine.images.sources import Source
from minikf.engine.images.stage import Stage, stage
from minikf.spec import Event

_QUIET_SECONDS = 0.2


class Route(Enum):
    """How layers come to a node: copied from Docker's folders, unpacked there by Docker, or by containerd."""

    DIRECT = "direct"
    UNPACK = "unpack"
    IMPORT = "import"


class Stopped(Exception):
    """The load was interrupted. Never leaves this package."""


class Delivery:
    """What the deliveries of one load share. `events` is what happens, for whoever listens; `label` marks helpers."""

    def __init__(self, engine: ImageEngine, routes: Sequence[Route], label: str) -> None:
        self._engine = engine
        self._routes = routes
        self._label = label
        self._stopped = threading.Event()
        self.events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()

    @cached_property
    def _store(self) -> Store:
        return self._engine.store()

    def stop(self) -> None:
        """Makes all that goes on end soon, and clear up after itself."""
        self._stopped.set()
        self._engine.end_helpers(f"{direct.HELPER}={self._label}")

    def bring(self, node: Node, source: Source) -> tuple[int, int]:
        """Makes a node have an image, under all its names. Returns bytes sent and bytes that were there.

        Raises ImageNotLoaded, and Refused where there is no room for an archive on this machine, or one is damaged.
        """
        if node.has(source.image):
            self._name(node, source)
            self._say(node, source, "done", "it was there already")
            return 0, source.size
        numbers = [i for i, chain in enumerate(source.image.chain_ids) if chain not in node.snapshots]
        self._say(node, source, "started", f"{len(numbers)} of {len(source.image.diff_ids)} layers are missing")
        if not node.root:
            explore(self._engine, node)
        why = []
        for route in self._routes:
            try:
                sent, there = self._by(route, node, source, numbers)
            except NotThisWay as closed:
                why.append(f"{route.value}: {closed}")
                continue
            self._say(node, source, "done", f"loaded, {sent:,} bytes sent")
            return sent, there
        raise ImageNotLoaded(
            f"there is no way for {source.image.reference} to node '{node.container}'",
            cause="; ".join(why),
            advice="docker save -o FILE IMAGE; minikf image load FILE",
        )

    def _by(self, route: Route, node: Node, source: Source, numbers: Sequence[int]) -> tuple[int, int]:
        if not node.root:
            raise NotThisWay("containerd does not tell where its folders are")
        if route is not Route.IMPORT and node.snapshotter != OVERLAYFS:
            raise NotThisWay(f"the node unpacks images with {node.snapshotter}")
        if route is Route.DIRECT:
            return self._direct(node, source, numbers)
        if route is Route.UNPACK and self._store.maps_owners:
            raise NotThisWay("the Docker engine maps users to others")
        archive, packed = source.content()
        about, layers = of_archive(archive, packed)
        tell = self._teller(node, source, sum(packed.blobs[i].size for i in numbers))
        with stage(self._engine, node, source.image.reference) as one:
            if route is Route.UNPACK:
                unpack.send(self._engine, one, archive, packed, numbers, tell)
                self._finish(one, source, packed.image.id, packed.config, about, numbers)
            else:
                blobs = [Content(layers[i], archive.raw(packed.blobs[i], tell)) for i in numbers]
                self._finish(one, source, packed.image.id, packed.config, about, (), blobs)
        sent = sum(packed.blobs[i].size for i in numbers)
        return sent, sum(blob.size for blob in packed.blobs) - sent

    def _direct(self, node: Node, source: Source, numbers: Sequence[int]) -> tuple[int, int]:
        if not (source.local and self._store.layers):
            raise NotThisWay("its layers do not lie in folders of overlayfs")
        if not node.copies:
            raise NotThisWay("the node has no GNU cp")
        with stage(self._engine, node, source.image.reference) as one:
            copying = direct.copy(self._engine, self._store, one, source.image, numbers, self._label)
            while True:
                try:
                    done, total = next(copying)
                except StopIteration as end:
                    config, layers = end.value
                    break
                self._say(node, source, "progress", "copying", done, total)
            self._finish(one, source, source.image.id, config, manifest(config, layers), numbers)
        sent = sum(layers[i].size for i in numbers)
        return sent, sum(layer.size for layer in layers) - sent

    def _finish(
        self,
        one: Stage,
        source: Source,
        image_id: str,
        config: bytes,
        about: bytes,
        numbers: Sequence[int],
        blobs: Sequence[Content] = (),
    ) -> None:
        parts = layout(one.image_name, source.image.platform, config, about, blobs)
        if self._stopped.is_set():
            raise Stopped
        image = replace(source.image, id=image_id)
        one.finish(image, source.image.id, numbers, as_file("image.tar", parts))

    def _name(self, node: Node, source: Source) -> None:
        for name in node.nameless(source.image):
            ran = self._engine.run(
                node.container, [*node.ctr, "images", "tag", "--force", node.alias(source.image), name]
            )
            if ran.code:
                raise ImageNotLoaded(
                    f"{name} could not be given to an image that node '{node.container}' has",
                    cause=ran.error.strip(),
                    advice=f"docker exec {node.container} ctr -n k8s.io images ls",
                )
            node.images[name] = node.images[node.alias(source.image)]

    def _teller(self, node: Node, source: Source, total: int) -> Callable[[int], None]:
        done, heard = 0, time.monotonic()

        def tell(size: int) -> None:
            nonlocal done, heard
            if self._stopped.is_set():
                raise Stopped
            done += size
            if time.monotonic() - heard > _QUIET_SECONDS or done == total:
                heard = time.monotonic()
                self._say(node, source, "progress", "sending", done, total)

        return tell

    def _say(self, node: Node, source: Source, state: str, words: str, done: int = 0, total: int = 0) -> None:
        what = f"image {source.image.reference}"
        self.events.put(Event(what, state, f"{node.container}: {words}", bytes_done=done, bytes_total=total))

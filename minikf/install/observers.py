"""Watches of what an installation waits for: one a kind, each only while somebody waits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minikf.install.messages import Answers, Body, Message
from minikf.install.webhooks import Service
from minikf.kube.apply import Discovery
from minikf.kube.watch import Watch
from minikf.spec import Access

_SLICES = "/apis/discovery.k8s.io/v1/endpointslices"
_OF = "kubernetes.io/service-name"


class Observers:
    """All tell by `tell`, in threads of their own. With `namespaces` objects are followed in these only."""

    def __init__(
        self,
        access: Access,
        discovery: Discovery,
        tell: Callable[[Message], None],
        namespaces: tuple[str, ...] = (),
    ) -> None:
        self._access, self._discovery, self._tell = access, discovery, tell
        self._namespaces = namespaces
        self._watches: dict[str, Watch] = {}
        self._slices: dict[str, tuple[Service, bool]] = {}

    def bodies(self, api_version: str, kind: str) -> bool:
        """Follows the objects of a kind; False where it is not served yet."""
        resource = self._discovery.find(api_version, kind)
        if resource is None:
            return False
        within = [resource.within(one) for one in self._namespaces] if resource.namespaced else []
        for path in within or [resource.everywhere]:
            self._start(path, self._seen, self._gone)
        return True

    def services(self) -> None:
        """Follows which services have a pod that is ready."""
        self._start(_SLICES, self._slice, self._slice_gone, f"labelSelector={_OF}")

    def again(self) -> None:
        """Lists everything anew."""
        for watch in self._watches.values():
            watch.again()

    def end(self) -> None:
        for watch in self._watches.values():
            watch.end()

    def _start(
        self, path: str, seen: Callable[[dict[str, Any]], None], gone: Callable[[dict[str, Any]], None], query: str = ""
    ) -> None:
        if path not in self._watches:
            self._watches[path] = Watch(self._access, path, seen, gone, query)
            self._watches[path].start()

    def _seen(self, body: dict[str, Any]) -> None:
        self._tell(Body(body))

    def _gone(self, body: dict[str, Any]) -> None:
        self._tell(Body(body, gone=True))

    def _slice(self, body: dict[str, Any]) -> None:
        metadata = body["metadata"]
        service = (str(metadata["namespace"]), str(metadata["labels"][_OF]))
        # `ready` that is absent means true (discovery.k8s.io/v1 EndpointConditions).
        ready = any((one.get("conditions") or {}).get("ready", True) for one in body.get("endpoints") or ())
        self._slices[str(metadata["uid"])] = (service, ready)
        self._tell(Answers(service, self._any(service)))

    def _slice_gone(self, body: dict[str, Any]) -> None:
        found = self._slices.pop(str(body["metadata"]["uid"]), None)
        if found is not None:
            self._tell(Answers(found[0], self._any(found[0])))

    def _any(self, service: Service) -> bool:
        return any(ready for of, ready in self._slices.values() if of == service)

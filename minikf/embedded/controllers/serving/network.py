"""The ports of a service: remembered by its Service object, held by the socket holder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minikf.embedded.controllers.base import Key, is_controlled_by
from minikf.embedded.controllers.serving.build import build_service, ports_of, predictor_name
from minikf.embedded.controllers.serving.pods import Replica
from minikf.embedded.controllers.serving.ports import take_ports
from minikf.embedded.controllers.serving.servers import Servers
from minikf.embedded.controllers.serving.spec import InvalidSpec
from minikf.embedded.kinds import SERVICE
from minikf.embedded.options import Options
from minikf.embedded.serving.holder import Ports
from minikf.embedded.status import Object

if TYPE_CHECKING:
    from minikf.embedded.controllers.events import ComponentRecorder
    from minikf.embedded.objects import Objects


class Network:
    """`platform` is the platform's name: two platforms look for their ports at different places."""

    def __init__(
        self, objects: Objects, servers: Servers, events: ComponentRecorder, platform: str, options: Options
    ) -> None:
        self._objects = objects
        self._servers = servers
        self._events = events
        self._platform = platform
        self._options = options

    async def ports(self, key: Key, service: Object, replicas: list[Replica]) -> Ports | None:
        """The service's ports, taken if need be; None while its running server may still bring them.

        Raises InvalidSpec when somebody else's Service has the name, and OSError when no port is free.
        """
        remembered = self._remembered(service)
        ports = self._servers.holder.ports(key)
        if ports is None:
            if any(self._servers.may_bring_sockets(one) for one in replicas):
                return None
            ports = self._take(key, service, remembered)
        if ports != remembered:
            await self._remember(service, ports)
        return ports

    def _take(self, key: Key, service: Object, remembered: Ports | None) -> Ports:
        if remembered is not None:
            try:
                self._servers.holder.open(key, remembered)
            except OSError:
                ports = take_ports(self._servers.holder, key, self._platform)
                text = (
                    f"port {remembered.rest} or {remembered.grpc} of 127.0.0.1 is taken by another program; the "
                    f"service is at http://127.0.0.1:{ports.rest} now"
                )
                self._events.record(service, "Warning", "PortTaken", text)
                return ports
            return remembered
        return take_ports(self._servers.holder, key, self._platform)

    def _remembered(self, service: Object) -> Ports | None:
        entry = self._objects.find(SERVICE, service["metadata"]["namespace"], predictor_name(service))
        if entry is None:
            return None
        if not is_controlled_by(entry.obj, service):
            raise InvalidSpec(
                f"a Service '{entry.name}' that belongs to somebody else is in the way: kubectl delete service "
                f"-n {entry.namespace} {entry.name}"
            )
        return ports_of(entry.obj)

    async def _remember(self, service: Object, ports: Ports) -> None:
        wanted = build_service(service, ports)
        namespace, name = service["metadata"]["namespace"], wanted["metadata"]["name"]
        if self._objects.find(SERVICE, namespace, name) is None:
            await self._objects.create(SERVICE, namespace, wanted, opts=self._options)
            return

        def change(obj: Object) -> None:
            obj["spec"]["ports"] = wanted["spec"]["ports"]

        await self._objects.patch(SERVICE, namespace, name, change, opts=self._options)

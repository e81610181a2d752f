"""Port-forwards as questions: which ports a pod has, opening and closing one."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from minikf.errors import Refused
from minikf.kube.forward.pods import PodsOf
from minikf.kube.shapes import Object, mapping, mappings
from minikf.views.asking import Question, Reach
from minikf.views.forwards.manager import Forward, Forwards

FORWARDS = Forwards()
"""Of this process."""


@dataclass(frozen=True)
class PodPort:
    """A TCP port that a container of a pod declares; `probed` is one that it does not, but that the kubelet asks."""

    number: int
    name: str
    container: str
    probed: bool = False

    @property
    def tls(self) -> bool:
        return self.number == 443 or self.name.startswith("https")


def ports_of(pod: Object) -> list[PodPort]:
    """What its containers declare, in their order; they may listen at others, too. Where they declare none, as
    KServe's predictors do not, those where their probes ask."""
    return _declared(pod) or _probed(pod)


def _declared(pod: Object) -> list[PodPort]:
    return [
        PodPort(int(port["containerPort"]), str(port.get("name") or ""), str(container.get("name")))
        for container in mappings(mapping(pod.get("spec")).get("containers"))
        for port in mappings(container.get("ports"))
        if port.get("protocol", "TCP") == "TCP"
    ]


def _probed(pod: Object) -> list[PodPort]:
    """A probe that names a port by its name means one that is declared."""
    found: dict[int, PodPort] = {}
    for container in mappings(mapping(pod.get("spec")).get("containers")):
        for kind in ("readinessProbe", "livenessProbe", "startupProbe"):
            for way in ("httpGet", "tcpSocket"):
                asked = mapping(mapping(container.get(kind)).get(way))
                port, scheme = asked.get("port"), str(asked.get("scheme", "")).lower()
                if isinstance(port, int):
                    name = "https" if scheme == "https" else ""
                    found.setdefault(port, PodPort(port, name, str(container.get("name")), True))
    return list(found.values())


@dataclass(frozen=True)
class Opened:
    """`link` lets a browser in once."""

    forward: Forward
    link: str


@dataclass(frozen=True)
class OpenForward(Question[Opened]):
    """A way to a pod's port that survives the pod: `port` 0 means the first that it declares, `local` 0 any."""

    namespace: str
    pod: str
    port: int = 0
    local: int = 0

    def answer(self, reach: Reach) -> Opened:
        path = f"/api/v1/namespaces/{quote(self.namespace, safe='')}/pods/{quote(self.pod, safe='')}"
        found = reach.client().get(path)
        declared = ports_of(found)
        port = self.port or (declared[0].number if declared else 0)
        if not port:
            raise Refused(
                f"pod {self.namespace}/{self.pod} declares no port", cause="so it is not known where it listens",
                advice=f"minikf port-forward {self.pod} 8080 -n {self.namespace}",
            )  # fmt: skip
        tls = any(each.tls for each in declared if each.number == port)
        forward = FORWARDS.open(reach.platform, PodsOf.like(found, port, tls=tls), self.local)
        return Opened(forward, FORWARDS.link(forward))


@dataclass(frozen=True)
class CloseForward(Question[Forward]):
    """Ends one of this process's port-forwards."""

    forward: Forward

    def answer(self, reach: Reach) -> Forward:
        FORWARDS.close(self.forward)
        return self.forward

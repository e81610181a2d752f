"""What of an installation is carried to this machine's loopback: its pages, and the APIs that official clients ask."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from minikf.bundle.model import Interface
from minikf.install.passwords.kept import USER
from minikf.kube.forward.targets import Target

# The Services of kubeflow/manifests 26.03: applications/model-registry/upstream/base/model-registry-service.yaml,
# applications/pipeline/upstream/base/pipeline/ml-pipeline-apiserver-service.yaml.
APIS = {
    "model-registry": Interface("model-registry-service", "kubeflow", 8080, ""),
    "pipelines": Interface("ml-pipeline", "kubeflow", 8888, ""),
}
GATEWAY = Interface("istio-ingressgateway", "istio-system", 80)
"""The way in of the distribution with a mesh; who signs in there is told to every page behind it."""

_AS_USER = (("kubeflow-userid", USER),)
"""What the gateway would tell (common/oauth2-proxy/components/istio-external-auth/requestauthentication.dex-jwt.yaml):
the door has asked for the credential already, and the platform has one user."""


def targets(pages: Mapping[str, Interface], apis: Collection[str], *, gateway: bool) -> tuple[Target, ...]:
    """The pages by name, and those of APIS that are named.

    With a `gateway` the pages of Kubeflow are reached through it, so that one signing in is for all and the dashboard
    finds them where it expects them; what has no path of its own there is reached by itself.
    """
    found = []
    for name, page in pages.items():
        behind = gateway and page.namespace == APIS["pipelines"].namespace and page.path != "/"
        through = Interface(GATEWAY.service, GATEWAY.namespace, GATEWAY.port, page.path) if behind else page
        own = (through.service, through.namespace) == (GATEWAY.service, GATEWAY.namespace)
        found.append(Target.of(name, through, headers=() if own or page.namespace != "kubeflow" else _AS_USER))
    found += [Target.of(name, APIS[name], page=False, headers=_AS_USER) for name in apis if name in APIS]
    return tuple(found)

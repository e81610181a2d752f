"""What of an installation is carried to this machine's loopback: its pages, and the APIs that official clients ask."""

from __future__ import annotations

from minikf.bundle.model import STANDARD, Interface, Selection
from minikf.install.passwords.kept import USER
from minikf.kube.forward.targets import Target

# What official clients ask, by the component that brings it; the Services of kubeflow/manifests 26.03:
# applications/model-registry/upstream/base/model-registry-service.yaml,
# applications/pipeline/upstream/base/pipeline/ml-pipeline-apiserver-service.yaml.
_PIPELINES = ("pipelines-api", Interface("ml-pipeline", "kubeflow", 8888, ""))
APIS = {
    "model-registry": ("model-registry", Interface("model-registry-service", "kubeflow", 8080, "")),
    "pipelines": _PIPELINES,
    "pipelines-multi-user": _PIPELINES,
}
_KUBEFLOW = "kubeflow"
_GATEWAY = ("istio-ingressgateway", "istio-system", 80)
"""The way in of the distribution with a mesh; who signs in there is told to every page behind it."""

_AS_USER = (("kubeflow-userid", USER),)
"""What the gateway would tell (common/oauth2-proxy/components/istio-external-auth/requestauthentication.dex-jwt.yaml):
the door has asked for the credential already, and the platform has one user."""


def targets(selection: Selection) -> tuple[Target, ...]:
    """The pages of the components, by their ids, and the APIs.

    With a mesh the pages of Kubeflow are reached through its gateway, so that one signing in is for all and the
    dashboard finds them where it expects them.
    """
    found = []
    for one in selection.components:
        if one.ui is not None:
            found.append(_page(one.id, one.ui, gateway=selection.variant == STANDARD))
        if one.id in APIS:
            name, interface = APIS[one.id]
            found.append(Target.of(name, interface, page=False, headers=_AS_USER))
    return tuple(found)


def _page(name: str, page: Interface, *, gateway: bool) -> Target:
    if page.namespace != _KUBEFLOW:
        return Target.of(name, page)
    if gateway and page.path != "/":  # what has no path of its own is not behind it
        return Target.of(name, Interface(*_GATEWAY, page.path))
    return Target.of(name, page, headers=_AS_USER)

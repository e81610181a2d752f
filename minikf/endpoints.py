"""The addresses of a running platform: its APIs, its pages and the models that it serves."""

from __future__ import annotations

from typing import Any

from minikf.carrying import carry_also, carry_installed
from minikf.engine import forwarding
from minikf.kube.forward.targets import Target
from minikf.kube.rest import NotServed, RestClient
from minikf.plan import EMBEDDED
from minikf.spec import Access
from minikf.status import access

_SERVICES = "/apis/serving.kserve.io/v1beta1/inferenceservices"
_SERVED = "model/"
_NOTEBOOK = "notebook/"


def endpoints(platform: str) -> dict[str, str]:
    """Address by name; a served model is `NAMESPACE/NAME`. Raises Unreachable where the platform does not run."""
    reached = access(platform)
    if reached.engine == EMBEDDED:
        return reached.endpoints | _models(reached)
    return named(carry_models(carry_installed(reached)).endpoints)


def named(addresses: dict[str, str]) -> dict[str, str]:
    """The addresses under the names that users know them by: notebooks have a verb of their own."""
    return {name.removeprefix(_SERVED): address for name, address in addresses.items() if not _is_notebook(name)}


def carry_models(reached: Access) -> Access:
    """The access with the addresses of all models that the cluster serves now."""
    targets = [
        Target(f"{_SERVED}{namespace}/{name}", namespace, f"{name}-predictor", 80, page=False)
        for namespace, name in (_name(item) for item in _items(reached))
    ]
    return carry_also(reached, targets, lambda name: name.startswith(_SERVED))


def notebook_link(reached: Access, namespace: str, name: str) -> str:
    """A link to a notebook of a cluster, which lets a browser in once. Raises Unreachable."""
    # The notebook controller's Service has the notebook's name and port 80; the server is below NB_PREFIX
    # (kubeflow/kubeflow, notebook-controller, notebook_controller.go).
    one = Target(f"{_NOTEBOOK}{namespace}/{name}", namespace, name, 80, f"/notebook/{namespace}/{name}/")
    return forwarding.link(carry_also(reached, [one], lambda name: name == one.name), one.name)


def browser_address(reached: Access, name: str, address: str) -> str:
    """What to open for an address: a link where a browser needs one to get in. Raises Unreachable."""
    return forwarding.link(reached, name) if forwarding.is_page(reached, name) else address


def open_in_browser(address: str) -> bool:
    """Hands the address to the user's browser; False where there is none."""
    import webbrowser

    return webbrowser.open(address)


def _is_notebook(name: str) -> bool:
    return name.startswith(_NOTEBOOK)


def _models(reached: Access) -> dict[str, str]:
    found = {}
    for item in _items(reached):
        address = item.get("status", {}).get("url", "")
        if address:
            found["/".join(_name(item))] = str(address)
    return found


def _items(reached: Access) -> list[dict[str, Any]]:
    try:
        return list(RestClient(reached).get(_SERVICES).get("items", []))
    except NotServed:  # a cluster without KServe serves no models
        return []


def _name(item: dict[str, Any]) -> tuple[str, str]:
    return str(item["metadata"]["namespace"]), str(item["metadata"]["name"])

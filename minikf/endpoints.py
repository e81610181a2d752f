"""The addresses of a running platform: its APIs and the models that it serves."""

from __future__ import annotations

from minikf.kube.rest import NotServed, RestClient
from minikf.spec import Access
from minikf.status import access

_SERVICES = "/apis/serving.kserve.io/v1beta1/inferenceservices"


def endpoints(platform: str) -> dict[str, str]:
    """Address by name; a served model is `NAMESPACE/NAME`. Raises Unreachable where the platform does not run."""
    reached = access(platform)
    return reached.endpoints | _models(reached)


def open_in_browser(address: str) -> bool:
    """Hands the address to the user's browser; False where there is none."""
    import webbrowser

    return webbrowser.open(address)


def _models(reached: Access) -> dict[str, str]:
    try:
        items = RestClient(reached).get(_SERVICES).get("items", [])
    except NotServed:  # a cluster without KServe serves no models
        return {}
    found = {}
    for item in items:
        address = item.get("status", {}).get("url", "")
        if address:
            found[f"{item['metadata']['namespace']}/{item['metadata']['name']}"] = str(address)
    return found

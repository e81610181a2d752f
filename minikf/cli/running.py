"""What `up` and `start` print at the end."""

from __future__ import annotations

from minikf.cli import render, testing
from minikf.commands import command
from minikf.engine.protocol import Steps
from minikf.plan import EMBEDDED
from minikf.spec import Access


def show_access(steps: Steps[Access], as_json: bool, *, test: bool = False) -> None:
    """Follows the work and says how to reach what it made; `test` lets each component do its work once then."""
    access = render.follow(steps, as_json=as_json)
    results = testing.tested(access, [], as_json=as_json) if test else []
    if as_json:
        render.data(as_dict(access) | ({"tests": [one.as_dict() for one in results]} if test else {}))
        testing.end(results)
        return
    env = command("env", access.platform)
    # The demo runs in a pod and asks for what it needs at the addresses of this machine, which no pod of a cluster has.
    first = command("demo", access.platform) if access.engine == EMBEDDED else "kubectl get nodes"
    render.text(f"platform '{access.platform}' ({access.engine}) is up at {access.server}")
    render.text(f'  kubectl and SDKs:  eval "$({env})"')
    render.text(f"  first steps:       {first}")
    if test:
        testing.show(results)
    testing.end(results)


def as_dict(access: Access) -> dict[str, object]:
    """What `--json` prints; keys as in the files that hold them, no secret among them."""
    return {
        "platform": access.platform,
        "engine": access.engine,
        "server": access.server,
        "kubeconfig": str(access.kubeconfig),
        "ca": str(access.ca),
        "token": str(access.token) if access.token else "",
        "endpoints": access.endpoints,
    }

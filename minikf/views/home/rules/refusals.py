"""What the API server says when it lets nobody make an object: a quota is full, or a webhook does not answer."""

from __future__ import annotations

import json
import re
from decimal import Decimal

from minikf.kube.shapes import mapping, mappings
from minikf.quantity import canonical, parse
from minikf.views.home.blocked import Blocked, Cause
from minikf.views.home.chain import Call, Fix, Link, sentence
from minikf.views.home.scene import Object, Scene

# k8s.io/apiserver, admission/plugin/resourcequota/controller.go writes what is wanted, used and allowed like this.
_QUOTA = re.compile(r"exceeded quota: (\S+), requested: (\S+), used: (\S+), limited: (\S+)")
_UNSAID = re.compile(r"failed quota: (\S+): (must specify .+)")
# k8s.io/apiserver's admission/plugin/webhook: failed calling webhook "NAME": ... Post "https://SERVICE.NAMESPACE.svc:..".
_WEBHOOK = re.compile(r'failed calling webhook "([^"]+)"(.*)', re.DOTALL)
_SERVICE = re.compile(r"https://([a-z0-9-]+)\.([a-z0-9-]+)\.svc")
_SECURITY = re.compile(r"violates PodSecurity \"([^\"]+)\": (.*)")
_ACCOUNT = re.compile(r"error looking up service account ([^/\s]+)/([^:\s]+): (.+)")


def refusal(scene: Scene, namespace: str, text: str) -> Blocked | None:
    """Who refused, by the API server's words; None where they are about something else."""
    if found := _QUOTA.search(text):
        return _quota(scene, namespace, found)
    if found := _UNSAID.search(text):
        return Blocked(Link("ResourceQuota", namespace, found[1], "lets none in", sentence(found[2])))
    if found := _WEBHOOK.search(text):
        return webhook(scene, found[1], found[2])
    if found := _SECURITY.search(text):
        return Blocked(Link("Namespace", "", namespace, f"allows only {found[1]} pods", sentence(found[2])))
    if found := _ACCOUNT.search(text):
        return Blocked(Link("ServiceAccount", found[1], found[2], "is not there", sentence(found[3])))
    return None


def _quota(scene: Scene, namespace: str, found: re.Match[str]) -> Blocked:
    name = found[1]
    requested, used, limited = (_amounts(found[number]) for number in (2, 3, 4))
    why = "; ".join(
        f"{key}: {used.get(key, '0')} of {limited.get(key, '?')} taken, {value} more wanted"
        for key, value in requested.items()
    )
    fix = _raised(scene, namespace, name, requested, used)
    return Blocked(Link("ResourceQuota", namespace, name, "is full", why), fix=fix)


def _raised(scene: Scene, namespace: str, name: str, requested: dict[str, str], used: dict[str, str]) -> Fix | None:
    try:
        hard = {key: _sum(used.get(key, "0"), value) for key, value in requested.items()}
    except ValueError:  # an amount of a form that nobody knows
        return None
    body = json.dumps({"spec": {"hard": hard}})
    path = f"/api/v1/namespaces/{namespace}/resourcequotas/{name}"
    words = " and ".join(f"{key} to {value}" for key, value in hard.items())
    return Fix(
        f"Raise quota {name}: {words}",
        f"{scene.kubectl} -n {namespace} patch resourcequota {name} --type merge -p '{body}'",
        Call("PATCH", path, body, "application/merge-patch+json"),
    )


def _sum(one: str, other: str) -> str:
    """In the spelling of what is larger: `1Gi` and `512Mi` are `1536Mi`."""
    total: Decimal = parse(one) + parse(other)
    suffix = re.sub(r"^[0-9.]+", "", other) or re.sub(r"^[0-9.]+", "", one)
    scale = parse(f"1{suffix}") if suffix and suffix[0] not in "eE" else Decimal(1)
    whole = total / scale
    return canonical(f"{whole.normalize():f}{suffix}" if suffix and scale != 1 else f"{total:f}")


def _amounts(text: str) -> dict[str, str]:
    return {key: value for key, _, value in (part.partition("=") for part in text.split(",")) if value}


def webhook(scene: Scene, name: str, told: str) -> Blocked:
    """A webhook that is asked before objects are made, and the Service that it waits for."""
    configuration = _configuration(scene, name)
    kind = str(configuration["kind"]) if configuration else "ValidatingWebhookConfiguration"
    owner = str(mapping(configuration.get("metadata")).get("name")) if configuration else name
    because: list[Cause] = []
    if address := _SERVICE.search(told):
        service = scene.find("Service", address[2], address[1])
        gone = Blocked(Link("Service", address[2], address[1], "is not there", "its component is gone"))
        because.append(service if service is not None else gone)
    why = sentence(told.strip(": ")) or "it does not answer"
    # Nobody deletes a guard by one key: what it guards is not known here.
    fix = Fix("Delete the webhook, if its component is gone", f"{scene.kubectl} delete {kind.lower()} {owner}")
    return Blocked(Link(kind, "", owner, "does not answer", why), tuple(because), fix)


def _configuration(scene: Scene, webhook_name: str) -> Object | None:
    for kind in ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"):
        for one in scene.of(kind):
            if any(each.get("name") == webhook_name for each in mappings(one.get("webhooks"))):
                return one
    return None

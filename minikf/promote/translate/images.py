"""Images as the target can pull them, in the custom resource: a rewrite in the pod would fight its operator."""

from __future__ import annotations

import re

from minikf.promote.fields import items
from minikf.promote.model import Object
from minikf.promote.references import dotted
from minikf.promote.translate.choices import file_of, mapped, secret_names
from minikf.promote.translate.model import Edit, ImageFacts, Said, World, error, warning
from minikf.promote.translate.workloads import Container, Workload, workloads

_LOCAL_HOST = re.compile(
    r"localhost|127(\.\d{1,3}){3}|\[::1\]|host\.(docker|k3d|minikube)\.internal|[\w-]+(\.local|\.localhost)|[\w-]+",
    re.IGNORECASE,
)


def moved(image: str, world: World) -> str:
    """`image` in the target's registry, by digest where that is known."""
    registry = world.spec.registry.rstrip("/")
    if not image.startswith(f"{registry}/"):
        host, path = split(image)
        image = f"{registry}/{path if host is None or _is_local(host) else f'{host}/{path}'}"
    return image


def there(image: str, world: World) -> str:
    """`image` as the target pulls it, where it is moved to the target's registry."""
    return _by_digest(moved(image, world), facts(image, world).digest)


def split(image: str) -> tuple[str | None, str]:
    """The registry (None where none is named) and the rest, by the rule of Docker's references: the first part is a
    registry if it has a dot or a colon or is `localhost` (distribution/reference, Domain)."""
    first, slash, rest = image.partition("/")
    if slash and (set(".:") & set(first) or first == "localhost"):
        return first, rest
    return None, image


def _is_local(host: str) -> bool:
    name = re.sub(r":\d+$", "", host)
    return _LOCAL_HOST.fullmatch(name) is not None


def references(obj: Object, world: World) -> Said:
    """Images of a local registry, or of none, by the target's registry; every image of known digest by that."""
    for container in _containers(obj):
        image, where = str(container.value.get("image") or ""), dotted(container.image)
        if not image or "${" in image:
            continue
        host, registry = split(image)[0], world.spec.registry
        local = host is not None and _is_local(host)
        if local and not registry:
            yield error(
                where,
                f"'{image}' is in a registry of this machine",
                f"target {world.spec.name} names no registry that it could be copied to",
                f"registry: HOST/PREFIX in {file_of(world.spec)}",
            )
            continue
        if host is None and not registry:
            yield warning(
                where,
                f"'{image}' names no registry, so the target takes it from its default one",
                "an image that was built here is not there",
                f"registry: HOST/PREFIX in {file_of(world.spec)}, if it was built here",
            )
        goes = registry and (local or host is None)
        new = moved(image, world) if goes else image
        why = [f"target {world.spec.name} has the registry {registry}"] if goes else []
        digest = facts(image, world).digest
        pinned = _by_digest(new, digest)
        if pinned != new:
            why.append(f"its digest is {digest}")
        if pinned != image:
            yield Edit(container.image, pinned, "; ".join(why))


def facts(image: str, world: World) -> ImageFacts:
    """What is known of an image by its name here, its name in the target's registry, or either with the digest."""
    for name, known in world.images.items():
        names = (name, moved(name, world)) if world.spec.registry else (name,)
        if image in (*names, *(_by_digest(one, known.digest) for one in names)):
            return known
    return ImageFacts()


def _by_digest(image: str, digest: str) -> str:
    return image if not digest or "@" in image else f"{image}@{digest}"


def platforms(obj: Object, world: World) -> Said:
    """An image that no node of the target can run."""
    nodes = {f"{one.os}/{one.arch}" for one in world.profile.nodes if one.count}
    for container in _containers(obj):
        image = str(container.value.get("image") or "")
        known = {_plain(one) for one in facts(image, world).platforms}
        if not nodes or not known or nodes <= known:
            continue
        has, runs = ", ".join(sorted(known)), ", ".join(sorted(nodes))
        said = error if not nodes & known else warning
        yield said(
            dotted(container.image),
            f"'{image}' does not run on {'any' if said is error else 'every'} node of the target",
            f"it is built for {has}; nodes are {runs}",
            f"docker buildx build --platform {','.join(sorted(nodes))} ...",
        )


def _plain(platform: str) -> str:
    return "/".join(platform.split("/")[:2])


def pull_secrets(obj: Object, world: World) -> Said:
    """The secrets that the target's registry wants, on a promoted ServiceAccount or else on the pods."""
    wanted = tuple(mapped(secret_names(world.spec), name) for name in world.spec.pull_secrets)
    if not wanted:
        return
    why = f"target {world.spec.name} pulls from {world.spec.registry or 'its registry'} with them"
    if obj["kind"] == "ServiceAccount":
        yield from _add(obj, ("imagePullSecrets",), "name", wanted, why)
        return
    known = world.facts(obj)
    for pod in workloads(obj):
        if not any(_from(world.spec.registry, one) for one in pod.containers) or _account(pod, world):
            continue
        for name in wanted:
            if (
                known is not None
                and known.exists
                and not world.profile.unknown("secrets")
                and name not in known.secrets
            ):
                yield error(
                    dotted(pod.pull_secrets),
                    f"there is no Secret {name} in namespace {known.name}",
                    f"target {world.spec.name} pulls its images with it",
                    f"kubectl create secret docker-registry {name} --namespace {known.name} ...",
                )
        missing = [one for one in wanted if one not in _names(items(obj, pod.pull_secrets), pod.pull_key)]
        for path, value in pod.opening if missing else ():
            yield Edit(path, value, why)
        yield from _add(obj, pod.pull_secrets, pod.pull_key, wanted, why)


def _add(obj: Object, path: tuple[str | int, ...], key: str, names: tuple[str, ...], why: str) -> Said:
    have = items(obj, path)
    missing = [name for name in dict.fromkeys(names) if name not in _names(have, key)]
    for index, name in enumerate(missing, len(have)):
        yield Edit((*path, index), {key: name}, why)


def _names(entries: list[object], key: str) -> set[object]:
    return {one.get(key) for one in entries if isinstance(one, dict)}


def _from(registry: str, container: Container) -> bool:
    image = str(container.value.get("image") or "")
    return bool(registry) and image.startswith(f"{registry.rstrip('/')}/")


def _account(pod: Workload, world: World) -> bool:
    """Whether the pods run as an account that is promoted too, and so carries the secrets."""
    name = pod.spec.get("serviceAccountName")
    return isinstance(name, str) and world.among("ServiceAccount", name)


def _containers(obj: Object) -> list[Container]:
    return [container for pod in workloads(obj) for container in pod.containers]

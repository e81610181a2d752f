"""Secrets by the names they have on the target. Only names: what is in a secret is nobody's to read here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from minikf.promote.model import FieldPath, Object
from minikf.promote.references import STORAGE_SECRET_ANNOTATION, dotted
from minikf.promote.translate.choices import file_of, mapped, secret_names
from minikf.promote.translate.model import Edit, Said, World, error

# Keys under which Kubernetes and KFP's second document name a Secret, and the field with the name.
_NAMED = {
    "secretKeyRef": ("name",),
    "secretRef": ("name",),
    "secret": ("secretName", "name"),
    "nodePublishSecretRef": ("name",),
    "azureFile": ("secretName",),
}
_LISTED = {"imagePullSecrets": "name", "imagePullSecret": "secretName", "secretAsEnv": "secretName"} | {
    "secretAsVolume": "secretName"
}


def names(obj: Object, world: World) -> Said:
    """Each reference by the name of there; one that is not there is an error, unless it may be absent."""
    renamed, known = secret_names(world.spec), world.facts(obj)
    for path, name, optional in _references(obj):
        new = mapped(renamed, name)
        if new != name:
            yield Edit(path, new, f"target {world.spec.name} has Secret {name} as {new}")
        made = any(one.name == new and one.kind != "existing" for one in world.spec.secrets.values())
        if optional or made or known is None or not known.exists or world.profile.unknown("secrets"):
            continue
        if new not in known.secrets and not world.among("Secret", new):
            yield error(
                dotted(path),
                f"there is no Secret {new} in namespace {known.name} of {world.spec.name}",
                "secrets are promoted by reference only",
                f"make it there, or secrets: {{{name}: ...}} in {file_of(world.spec)}",
            )


def _references(obj: Object) -> Iterator[tuple[FieldPath, str, bool]]:
    if obj["kind"] in ("ConfigMap", "Secret"):
        return
    told = (obj["metadata"].get("annotations") or {}).get(STORAGE_SECRET_ANNOTATION)
    if told:
        yield ("metadata", "annotations", STORAGE_SECRET_ANNOTATION), told, False
    if obj["kind"] == "ServiceAccount":
        for index, one in enumerate(obj.get("imagePullSecrets") or ()):
            yield ("imagePullSecrets", index, "name"), one["name"], True
    elif isinstance(obj.get("spec"), dict):
        yield from _walk(obj["spec"], ("spec",))


def _walk(value: Any, path: FieldPath) -> Iterator[tuple[FieldPath, str, bool]]:
    if isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _walk(inner, (*path, index))
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key in _NAMED and isinstance(inner, dict):
                for field in _NAMED[key]:
                    if isinstance(inner.get(field), str):
                        yield (*path, key, field), inner[field], bool(inner.get("optional"))
            elif key in _LISTED and isinstance(inner, list):
                yield from _listed(inner, (*path, key), key)
            else:
                yield from _walk(inner, (*path, key))


def _listed(entries: list[Any], path: FieldPath, key: str) -> Iterator[tuple[FieldPath, str, bool]]:
    """The kubelet goes on without a pull secret that is not there; who wants one for a registry is asked elsewhere."""
    field, pulls = _LISTED[key], key.startswith("imagePull")
    for index, one in enumerate(entries):
        if not isinstance(one, dict):
            continue
        optional = pulls or bool(one.get("optional"))
        if isinstance(one.get(field), str):
            yield (*path, index, field), one[field], optional
        parameter = one.get(f"{field}Parameter")
        constant = ((parameter or {}).get("runtimeValue") or {}).get("constant")
        if isinstance(constant, str):
            yield (*path, index, f"{field}Parameter", "runtimeValue", "constant"), constant, optional

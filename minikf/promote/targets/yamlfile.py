"""A target's file: YAML that its user writes and reads, taken strictly.

apiVersion: minikf/v1alpha1
kind: PromotionTarget
metadata: {name: prod}
spec: {context: prod, namespace: ml, registry: registry.example.com/team}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from minikf.bundle.marked import Marked, document, near
from minikf.errors import MinikfError, Refused, UsageError
from minikf.promote.targets.faults import KINDS, faults
from minikf.promote.targets.spec import SecretSource, TargetSpec
from minikf.promote.yamltext import dump

API_VERSION = "minikf/v1alpha1"
KIND = "PromotionTarget"
# Nobody writes so many answers by hand: it is another file.
MOST_BYTES = 1024 * 1024

_TOP = ("apiVersion", "kind", "metadata", "spec")
_TEXTS = ("context", "kubeconfig", "platform", "namespace", "registry", "store", "queue")
_LISTS = ("pullSecrets",)
_MAPS = ("namespaces", "storeOptions", "storageClasses", "serviceAccounts", "identity", "gpu", "answers")
_NUMBERS = ("pipelineDocuments",)
_SECRETS = "secrets"
_SOURCE = ("kind", "name", "store", "key", "file")


def read(data: bytes, where: str) -> TargetSpec:
    """The target that a file holds; `where` is what errors call the file. Raises Refused with the file, the field and
    what may stand there."""
    if len(data) > MOST_BYTES:
        raise Refused(f"{where} is no target", cause=f"it is larger than {MOST_BYTES:,} bytes")
    top = _fields(document(data, where, Refused), "", _TOP)
    for field, wanted in (("apiVersion", API_VERSION), ("kind", KIND)):
        said = _text(top, "", field, needed=True)
        if said != wanted:
            raise top[field].refused(
                f"{field} is '{said}'",
                cause=f"only {wanted} is known to this release",
                advice=f"write {field}: {wanted}, or use the release of MiniKF that wrote {where}",
            )
    for field in ("metadata", "spec"):
        if field not in top:
            raise Refused(f"{where}: the field '{field}' is missing", advice=f"add it to {where}")
    metadata = _fields(top["metadata"], "metadata", ("name",))
    spec = _spec(_text(metadata, "metadata", "name", needed=True), top["spec"])
    check(spec, f"{where}: ", Refused)
    return spec


def check(spec: TargetSpec, where: str, error: type[MinikfError] = UsageError) -> None:
    """Raises `error` for the first thing in it that cannot be meant, or that is no thing to write down."""
    for fault in faults(spec):
        raise error(f"{where}{fault.field} {fault.says}", cause=fault.why, advice=fault.allowed)


def text(spec: TargetSpec) -> str:
    """The file of a target: what it leaves out is not written."""
    return dump(as_dict(spec))


def as_dict(spec: TargetSpec) -> dict[str, Any]:
    """The document of a target, by the names of its fields in the file."""
    body: dict[str, Any] = {}
    for field in fields(TargetSpec):
        value = getattr(spec, field.name)
        if field.name == "name" or not value or (_camel(field.name) in _NUMBERS and value == field.default):
            continue
        body[_camel(field.name)] = _plain(value)
    return {"apiVersion": API_VERSION, "kind": KIND, "metadata": {"name": spec.name}, "spec": body}


def _plain(value: Any) -> Any:
    if isinstance(value, SecretSource):
        return {field: found for field in _SOURCE if (found := getattr(value, field))}
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    return list(value) if isinstance(value, tuple) else value


def _spec(name: str, part: Marked) -> TargetSpec:
    found = _fields(part, "spec", (*_TEXTS, *_LISTS, *_MAPS, *_NUMBERS, _SECRETS))
    values: dict[str, Any] = {_snake(field): _text(found, "spec", field) for field in _TEXTS if field in found}
    values |= {_snake(field): _texts(found[field], f"spec.{field}") for field in _LISTS if field in found}
    values |= {_snake(field): _map(found[field], f"spec.{field}") for field in _MAPS if field in found}
    values |= {_snake(field): found[field].number() for field in _NUMBERS if field in found}
    if _SECRETS in found:
        values[_SECRETS] = {key: _source(key, one) for key, one in _pairs(found[_SECRETS], "spec.secrets")}
    return TargetSpec(name, **values)


def _source(name: str, part: Marked) -> SecretSource:
    where = f"spec.secrets.{name}"
    found = _fields(part, where, _SOURCE)
    kind = _text(found, where, "kind", needed=True, part=part)
    if kind not in KINDS:
        raise found["kind"].refused(f"{where}.kind is '{kind}'", advice=f"known are: {', '.join(KINDS)}")
    return SecretSource(**{field: _text(found, where, field) for field in _SOURCE if field in found})


def _fields(part: Marked, where: str, known: tuple[str, ...]) -> dict[str, Marked]:
    found = {}
    for key, value in _pairs(part, where or "the document"):
        if key not in known:
            path = f"{where}.{key}" if where else key
            raise value.refused(
                f"there is no field '{path}'", cause=near(key, known), advice="minikf target add --help"
            )
        found[key] = value
    return found


def _pairs(part: Marked, where: str) -> list[tuple[str, Marked]]:
    if not part.is_mapping:
        raise part.refused(f"{where} has to be a mapping, and it is {part.kind}")
    found = []
    for key, value in part.pairs():
        if not key.is_text:
            raise key.refused(f"a field of {where} has to be text, and it is {key.kind}", advice="put it in quotes")
        found.append((key.text(), value))
    return found


def _text(
    found: Mapping[str, Marked], where: str, field: str, *, needed: bool = False, part: Marked | None = None
) -> str:
    path = f"{where}.{field}" if where else field
    if field not in found:
        if not needed:
            return ""
        message = f"the field '{path}' is missing"
        raise part.refused(message) if part is not None else Refused(message, advice="minikf target add --help")
    return _plain_text(found[field], path)


def _texts(part: Marked, where: str) -> tuple[str, ...]:
    return tuple(_plain_text(one, where) for one in part.items())


def _map(part: Marked, where: str) -> dict[str, str]:
    return {key: _plain_text(one, f"{where}.{key}") for key, one in _pairs(part, where)}


def _plain_text(part: Marked, where: str) -> str:
    """A number or a truth value would be another text than the one that was typed, so it has to stand in quotes."""
    if not part.is_text:
        raise part.refused(f"{where} has to be text, and it is {part.kind}", advice="put it in quotes")
    return part.text()


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(one.capitalize() for one in others)


def _snake(name: str) -> str:
    return "".join(f"_{one.lower()}" if one.isupper() else one for one in name)

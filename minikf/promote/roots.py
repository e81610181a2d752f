"""What the user names on the command line, as one object: KIND/NAME, or NAME where only one root kind has it."""

from __future__ import annotations

from minikf.errors import Refused, UsageError
from minikf.promote.discovery import Resource, Source
from minikf.promote.model import Object, Ref, ref_of

ROOT_KINDS = ("InferenceService", "TrainJob")


def find(text: str, source: Source, namespace: str) -> Object:
    """The root that `text` names in `namespace`.

    Raises UsageError where `text` is no root at all, Refused with the candidates where none or several have the name.
    """
    kind, slash, name = text.partition("/")
    if not slash:
        kind, name = "", text
    if not name or "/" in name or (slash and not kind):
        raise UsageError(
            f"'{text}' names no object",
            cause="an object is given as KIND/NAME or NAME",
            advice="minikf promote inferenceservice/NAME --out promote",
        )
    kinds = (_root_kind(kind, source),) if slash else ROOT_KINDS
    found = [obj for each in kinds if (obj := source.get(each, namespace, name)) is not None]
    if len(found) == 1:
        return found[0]
    if found:
        names = [f"{obj['kind'].lower()}/{name}" for obj in found]
        raise Refused(
            f"'{name}' is the name of {len(found)} objects in namespace '{namespace}'",
            cause=" and ".join(names),
            advice=f"minikf promote {names[0]} --out promote",
        )
    raise _absent(text, name, kinds, source, namespace)


def _root_kind(spelling: str, source: Source) -> str:
    """The kind by any of kubectl's spellings: plural, singular, kind, short name, and PLURAL[.VERSION].GROUP."""
    resource = next((each for each in source.resources() if spelling.lower() in _spellings(each)), None)
    roots = " or ".join(ROOT_KINDS)
    if resource is None:
        raise UsageError(
            f"'{spelling}' is no kind that can be promoted",
            cause=f"a root is an {roots}",
            advice="minikf promote inferenceservice/NAME --out promote",
        )
    if resource.kind not in ROOT_KINDS:
        raise UsageError(
            f"a {resource.kind} is not promoted by itself",
            cause=f"a root is an {roots}; what it references comes along",
            advice="minikf promote inferenceservice/NAME --out promote",
        )
    return resource.kind


def _spellings(resource: Resource) -> set[str]:
    names = {resource.plural, resource.singular}
    full = {f"{name}{dot}.{resource.group}" for name in names for dot in ("", f".{resource.version}")}
    return {spelling.lower() for spelling in (*names, *full, *resource.short_names)}


def _absent(text: str, name: str, kinds: tuple[str, ...], source: Source, namespace: str) -> Refused:
    everything = [ref_of(obj) for kind in ROOT_KINDS for obj in source.list(kind)]
    near = sorted(ref for ref in everything if ref.name == name) or sorted(everything)
    message = f"there is no {' or '.join(kinds)} '{name}' in namespace '{namespace}'"
    if not near:
        return Refused(
            message,
            cause="the platform has no InferenceService and no TrainJob yet",
            advice="minikf demo",
        )
    first = near[0]
    return Refused(message, cause=f"it has {_several(near)}", advice=_command(first, namespace))


def _command(ref: Ref, namespace: str) -> str:
    where = "" if ref.namespace == namespace else f" --namespace {ref.namespace}"
    return f"minikf promote {ref.kind.lower()}/{ref.name}{where} --out promote"


def _several(refs: list[Ref], most: int = 8) -> str:
    shown = ", ".join(str(ref) for ref in refs[:most])
    return shown if len(refs) <= most else f"{shown} and {len(refs) - most} more"

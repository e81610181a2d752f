"""What the user names on the command line, as one object: KIND/NAME, or NAME where only one root kind has it."""

from __future__ import annotations

from minikf.commands import command
from minikf.errors import Refused, UsageError
from minikf.promote.discovery import Resource, Source
from minikf.promote.model import Object, Ref, ref_of

# Of the Training Operator (kubeflow.org/v1).
_TRAINING_KINDS = ("PyTorchJob", "TFJob", "XGBoostJob", "PaddleJob", "JAXJob", "MPIJob")
ROOT_KINDS = ("InferenceService", "TrainJob", *_TRAINING_KINDS)
_ROOTS = "InferenceService, TrainJob or job of the Training Operator"
_MOST = 8


def find(text: str, source: Source, namespace: str) -> Object:
    """The root that `text` names, in `namespace`, or in any where that is "".

    Raises UsageError where `text` is no root at all, Refused with the candidates where none or several have the name.
    """
    kind, slash, name = text.partition("/")
    if not slash:
        kind, name = "", text
    if not name or "/" in name or (slash and not kind):
        raise UsageError(
            f"'{text}' names no object",
            cause="an object is given as KIND/NAME or NAME",
            advice=command("promote inferenceservice/NAME --out promote", source.platform),
        )
    kinds = (_root_kind(kind, source),) if slash else ROOT_KINDS
    everything = {ref_of(obj): obj for each in ROOT_KINDS for obj in source.list(each)}
    found = [
        ref for ref in sorted(everything) if ref.name == name and ref.kind in kinds and namespace in ("", ref.namespace)
    ]
    if len(found) == 1:
        return everything[found[0]]
    if found:
        raise Refused(
            f"'{text}' names {len(found)} objects",
            cause=_several(found),
            advice=_command(found[0], source.platform),
        )
    raise _absent(name, kinds, sorted(everything), source.platform, namespace)


def _root_kind(spelling: str, source: Source) -> str:
    """The kind by any of kubectl's spellings: plural, singular, kind, short name, and PLURAL[.VERSION].GROUP."""
    resource = next((each for each in source.resources() if spelling.lower() in _spellings(each)), None)
    if resource is not None and resource.kind in ROOT_KINDS:
        return resource.kind
    raise UsageError(
        f"a {resource.kind} is not promoted by itself" if resource else f"there is no kind '{spelling}' to promote",
        cause=f"promoted is an {_ROOTS} ({', '.join(_TRAINING_KINDS)}), and what it references comes along",
        advice=command("promote inferenceservice/NAME --out promote", source.platform),
    )


def _spellings(resource: Resource) -> set[str]:
    names = {resource.plural, resource.singular}
    full = {f"{name}{version}.{resource.group}" for name in names for version in ("", f".{resource.version}")}
    return {spelling.lower() for spelling in (*names, *full, *resource.short_names)}


def _absent(name: str, kinds: tuple[str, ...], existing: list[Ref], platform: str, namespace: str) -> Refused:
    where = f" in namespace '{namespace}'" if namespace else ""
    message = f"there is no {_ROOTS if kinds == ROOT_KINDS else kinds[0]} '{name}'{where}"
    if not existing:
        return Refused(message, cause=f"the platform has no {_ROOTS} yet", advice=command("demo", platform))
    near = [ref for ref in existing if ref.name == name] or existing
    return Refused(message, cause=f"the platform has {_several(near)}", advice=_command(near[0], platform))


def _command(ref: Ref, platform: str) -> str:
    line = f"promote {ref.kind.lower()}/{ref.name} --namespace {ref.namespace} --out promote"
    return command(line, platform)


def _several(refs: list[Ref]) -> str:
    shown = ", ".join(str(ref) for ref in refs[:_MOST])
    return shown if len(refs) <= _MOST else f"{shown} and {len(refs) - _MOST} more"

"""What the user names on the command line: KIND/NAME, or NAME where only one root kind has it; of a pipeline also
NAME@VERSION. Nothing else is ever taken along by itself, so never a whole namespace."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from minikf.commands import command
from minikf.errors import Refused, UsageError
from minikf.promote.closure import Root
from minikf.promote.discovery import Resource, Source
from minikf.promote.ir.catalog import Catalog
from minikf.promote.model import Object, PipelineIr, RecurringRun, Ref, ref_of

# Of the Training Operator (kubeflow.org/v1).
_TRAINING_KINDS = ("PyTorchJob", "TFJob", "XGBoostJob", "PaddleJob", "JAXJob", "MPIJob")
OBJECT_KINDS = ("InferenceService", "TrainJob", *_TRAINING_KINDS, "Notebook", "Experiment", "PodDefault")
# What Kubeflow Pipelines has: objects on some platforms only.
PIPELINE_KINDS = ("Pipeline", "RecurringRun")
ROOT_KINDS = (*OBJECT_KINDS, *PIPELINE_KINDS)
_ROOTS = "InferenceService, TrainJob or other workload"
_TAKEN = "notebook, service, pipeline, recurring run, experiment, training job or PodDefault"
# What is understood although a platform may serve no such kind.
_SPELLINGS = {
    "pipeline": "Pipeline",
    "pipelines": "Pipeline",
    "pipelineversion": "PipelineVersion",
    "pipelineversions": "PipelineVersion",
    "recurringrun": "RecurringRun",
    "recurringruns": "RecurringRun",
}
_MOST = 8


@dataclass(frozen=True)
class Roots:
    """What was found: objects and pipelines, and each recurring run with the pipeline that it runs."""

    roots: tuple[Root, ...]
    bound: tuple[tuple[RecurringRun, PipelineIr], ...] = ()

    @property
    def refs(self) -> tuple[Ref, ...]:
        """As they are here, sorted."""
        return tuple(sorted(root_ref(each) for each in (*self.roots, *(run for run, _ in self.bound))))


def root_ref(root: Root) -> Ref:
    """What a root is called here."""
    return ref_of(root) if isinstance(root, dict) else root.ref


def find_all(texts: Iterable[str], source: Source, namespace: str) -> Roots:
    """The roots that `texts` name, each once and sorted, whatever the order in which they were named.

    Raises UsageError where there is none, or one is no root at all; Refused with the candidates where none or several
    have a name, and where two roots could not be told apart.
    """
    wanted = tuple(texts)
    if not wanted:
        raise UsageError(
            "nothing is named to promote",
            cause="a promotion takes along what you name and what that references, never a whole namespace",
            advice=command("promote inferenceservice/NAME --out promote", source.platform),
        )
    search = Search(source, namespace)
    found: dict[Ref, Root] = {}
    bound: dict[Ref, tuple[RecurringRun, PipelineIr]] = {}
    for text in wanted:
        root = search.find(text)
        ref = root_ref(root)
        twin = next((each for each in found if (each.kind, each.name) == (ref.kind, ref.name)), ref)
        if twin.namespace != ref.namespace:
            raise _apart(twin, ref, source.platform)
        if isinstance(root, PipelineIr) and isinstance(known := found.get(ref), PipelineIr) and known != root:
            raise Refused(
                f"two versions of pipeline '{ref.name}' are named: {known.version} and {root.version}",
                cause="a promotion brings one version of a pipeline, which is then the newest there",
                advice=command(f"promote pipeline/{ref.name}@{root.version} --out promote", source.platform),
            )
        found[ref] = root
        if isinstance(root, RecurringRun):
            bound[ref] = search.bound(ref)
    return Roots(
        tuple(found[ref] for ref in sorted(found) if not isinstance(found[ref], RecurringRun)),
        tuple(bound[ref] for ref in sorted(bound)),
    )


def find(text: str, source: Source, namespace: str) -> Root:
    """The root that `text` names, in `namespace`, or in any where that is "".

    Raises UsageError where `text` is no root at all, Refused with the candidates where none or several have the name.
    """
    return Search(source, namespace).find(text)


class Search:
    """One search; every kind is listed once."""

    def __init__(self, source: Source, namespace: str) -> None:
        self._source = source
        self._namespace = namespace
        self._catalog = Catalog(source, namespace)
        self._listed: dict[str, dict[Ref, Object]] = {}

    def find(self, text: str) -> Root:
        kind, slash, told = text.partition("/")
        if not slash:
            kind, told = "", text
        name, at, version = told.partition("@")
        if not name or "/" in told or (slash and not kind) or (at and not version):
            raise UsageError(
                f"'{text}' names no object",
                cause="an object is given as KIND/NAME or NAME, a pipeline also as NAME@VERSION",
                advice=command("promote inferenceservice/NAME --out promote", self._source.platform),
            )
        kinds: tuple[str, ...] = (_root_kind(kind, self._source),) if slash else ROOT_KINDS
        if kinds == ("PipelineVersion",):
            return self._of_version(name)
        if at:
            kinds = tuple(each for each in kinds if each == "Pipeline")
        found = [ref for ref in self._refs(kinds) if ref.name == name and self._is_in(ref)]
        if len(found) > 1:
            raise Refused(
                f"'{text}' names {len(found)} objects",
                cause=_several(found),
                advice=_command(found[0], self._source.platform),
            )
        if not found:
            raise _absent(name, kinds, self._refs(ROOT_KINDS), self._source.platform, self._namespace)
        (ref,) = found
        if ref.kind == "Pipeline":
            return self._catalog.pipeline(ref, version)
        return self._catalog.recurring(ref)[0] if ref.kind == "RecurringRun" else self._listed[ref.kind][ref]

    def bound(self, ref: Ref) -> tuple[RecurringRun, PipelineIr]:
        """A recurring run with its pipeline."""
        return self._catalog.recurring(ref)

    def _of_version(self, name: str) -> Root:
        """A PipelineVersion is promoted as its pipeline in this version."""
        found = [each for each in self._source.list("PipelineVersion", self._namespace) if ref_of(each).name == name]
        if len(found) != 1:
            refs = [ref_of(each) for each in found]
            raise Refused(
                f"there {'is no' if not found else f'are {len(found)}'} PipelineVersion '{name}'",
                cause=_several(refs) if refs else "no object of pipelines.kubeflow.org is called so",
                advice=command("promote pipeline/NAME@VERSION --out promote", self._source.platform),
            )
        (ref,) = map(ref_of, found)
        owner = Ref("Pipeline", str(found[0]["spec"].get("pipelineName", "")), ref.namespace)
        if owner not in self._catalog.pipelines():
            raise _absent(owner.name, ("Pipeline",), self._refs(ROOT_KINDS), self._source.platform, self._namespace)
        return self._catalog.pipeline(owner, name)

    def _is_in(self, ref: Ref) -> bool:
        return self._namespace in ("", ref.namespace) or not ref.namespace

    def _refs(self, kinds: tuple[str, ...]) -> list[Ref]:
        """All of these kinds. Other kinds are not asked for: what serves them may be out of order."""
        found: list[Ref] = []
        for kind in kinds:
            if kind == "Pipeline":
                found += self._catalog.pipelines()
            elif kind == "RecurringRun":
                found += self._catalog.recurring_runs()
            else:
                if kind not in self._listed:
                    self._listed[kind] = {ref_of(obj): obj for obj in self._source.list(kind)}
                found += self._listed[kind]
        return sorted(found)


def _root_kind(spelling: str, source: Source) -> str:
    """The kind by any of kubectl's spellings: plural, singular, kind, short name, and PLURAL[.VERSION].GROUP."""
    if spelling.lower() in _SPELLINGS:
        return _SPELLINGS[spelling.lower()]
    resource = next((each for each in source.resources() if spelling.lower() in _spellings(each)), None)
    if resource is not None and resource.kind in (*ROOT_KINDS, "PipelineVersion"):
        return resource.kind
    raise UsageError(
        f"a {resource.kind} is not promoted by itself" if resource else f"there is no kind '{spelling}' to promote",
        cause=f"promoted is a {_TAKEN} ({', '.join(ROOT_KINDS)}), and what it references comes along",
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
        return Refused(message, cause="the platform has nothing to promote yet", advice=command("demo", platform))
    near = [ref for ref in existing if ref.name == name] or existing
    return Refused(message, cause=f"the platform has {_several(near)}", advice=_command(near[0], platform))


def _apart(one: Ref, other: Ref, platform: str) -> Refused:
    return Refused(
        f"{one} and {other} would be written as one",
        cause="a promotion names no namespace: the target chooses that",
        advice=command(
            f"promote {other.kind.lower()}/{other.name} --namespace {other.namespace} --out promote-{other.namespace}",
            platform,
        ),
    )


def _command(ref: Ref, platform: str) -> str:
    where = f" --namespace {ref.namespace}" if ref.namespace else ""
    return command(f"promote {ref.kind.lower()}/{ref.name}{where} --out promote", platform)


def _several(refs: list[Ref]) -> str:
    shown = ", ".join(str(ref) for ref in refs[:_MOST])
    return shown if len(refs) <= _MOST else f"{shown} and {len(refs) - _MOST} more"

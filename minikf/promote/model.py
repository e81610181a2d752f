"""The frozen data that goes from step to step of a promotion."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

Object = dict[str, Any]
FieldPath = tuple[str | int, ...]


@dataclass(frozen=True, order=True)
class Ref:
    """An object by kind and name; `namespace` is "" for a cluster-scoped one and on the target."""

    kind: str
    name: str
    namespace: str = ""

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}" if self.namespace else f"{self.kind} {self.name}"


@dataclass(frozen=True, order=True)
class Need:
    """Something that the target must have because it is named here and not written."""

    kind: str
    name: str
    reason: str


@dataclass(frozen=True)
class PipelineIr:
    """A version of a pipeline with both documents of its intermediate representation (IR).

    `name` and `version` are as Kubeflow Pipelines here knows them, `version` is "" for a document that only a
    recurring run holds. `pipeline` and `object` are the two objects (Pipeline, PipelineVersion) that say it to a
    target which serves pipelines.kubeflow.org; to any other it is uploaded by the API of Kubeflow Pipelines. `native`
    is whether it is such objects here.
    """

    name: str
    version: str
    namespace: str
    native: bool
    pipeline: Object
    object: Object

    @property
    def ref(self) -> Ref:
        """Of the pipeline, here."""
        return Ref("Pipeline", self.name, self.namespace)

    @property
    def spec(self) -> Object:
        """The first document."""
        return dict(self.object["spec"]["pipelineSpec"])

    @property
    def platform_spec(self) -> Object:
        """The second document, {} where there is none."""
        return dict(self.object["spec"].get("platformSpec") or {})

    @property
    def objects(self) -> tuple[Object, ...]:
        """What a target that serves pipelines.kubeflow.org is given, what is needed first; () for one that only a
        recurring run holds."""
        return (self.pipeline, self.object) if self.version else ()


@dataclass(frozen=True)
class RecurringRun:
    """A schedule of a pipeline. It is no Kubernetes object anywhere: the API of Kubeflow Pipelines makes it.

    `version` is "" where the newest at each time is run. `document` says it as a file of the promotion does, with
    what `POST /apis/v2beta1/recurringruns` takes in its `spec` but for identities of this platform.
    """

    name: str
    namespace: str
    pipeline: str
    version: str
    document: Object

    @property
    def ref(self) -> Ref:
        return Ref("RecurringRun", self.name, self.namespace)


@dataclass(frozen=True)
class Closure:
    """The roots, what they reference, and what the target must have itself.

    `objects` are as read, each before what it references, so a root first. Pipelines and recurring runs stand apart:
    they are objects on some platforms only.
    """

    objects: tuple[Object, ...]
    needs: tuple[Need, ...]
    warnings: tuple[str, ...]
    pipelines: tuple[PipelineIr, ...] = ()
    recurring: tuple[RecurringRun, ...] = ()


@dataclass(frozen=True)
class Changed:
    """An object after a step, and what is worth saying about it."""

    obj: Object
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Target:
    """Where an answer goes: a field of an object, or the piece number `index` of it when split at `delimiter`.

    `offset` is where that piece begins in the field: pieces of one field are set from the last to the first, so that
    no answer moves a piece that is still to be set.
    """

    group: str
    version: str
    kind: str
    name: str
    path: FieldPath
    delimiter: str = ""
    index: int = 0
    offset: int = 0


@dataclass(frozen=True)
class Placeholder:
    """`${name}` in the base, which the overlay's answers set.

    `default` is what stands in the answers until someone answers: `${name}` itself, with the text around it where
    only a longer piece of a field can be replaced. `sha256` and `bytes` are of the model it stands for, where known.
    """

    name: str
    default: str
    why: str
    targets: tuple[Target, ...]
    sha256: str = ""
    bytes: int = 0


@dataclass(frozen=True)
class ImageUse:
    """A place that names an image: a field of an object of the bundle, or of a PipelineVersion that holds an IR.

    `image` is as it is said here, without the scheme `oci://`; `placeholder` stands in the base instead of it where it
    holds on this machine only (`localhost:5000/x`). A text that names one somewhere inside (a trial template in a
    ConfigMap) is the `path` of it.
    """

    image: str
    ref: Ref
    path: FieldPath
    placeholder: str = ""


@dataclass(frozen=True)
class ContentUse:
    """A place that names a model, data or a volume which the target does not have by itself.

    `kind` is model, data or claim; `address` is as it is said here. `local` is where it lies on this machine and
    `sha256` and `bytes` what is there, as `minikf.promote.models` counts them; all empty for what lies elsewhere, and
    no checksum for a claim as a whole. `placeholder` stands in the base in place of the address.
    """

    address: str
    ref: Ref
    path: FieldPath
    kind: str
    placeholder: str = ""
    local: str = ""
    sha256: str = ""
    bytes: int = 0


@dataclass(frozen=True)
class Bundle:
    """All that is written: cleaned objects with placeholders in them, each before what it references.

    `roots` are what was named, sorted, `root` the first of them. `here` says for each of `objects` where it comes from:
    its namespace is "" for what was cluster-wide and is needed in every namespace that the promotion goes to.
    """

    root: Ref
    objects: tuple[Object, ...]
    placeholders: tuple[Placeholder, ...]
    needs: tuple[Need, ...]
    warnings: tuple[str, ...]
    roots: tuple[Ref, ...] = ()
    here: tuple[Ref, ...] = ()
    pipelines: tuple[PipelineIr, ...] = ()
    recurring: tuple[RecurringRun, ...] = ()
    images: tuple[ImageUse, ...] = ()
    contents: tuple[ContentUse, ...] = ()


@dataclass(frozen=True)
class PromoteReport:
    """What `minikf promote --out` did. `changed` is false where the folder already held exactly this."""

    root: Ref
    out: Path
    changed: bool
    files: tuple[str, ...]
    objects: tuple[Ref, ...]
    placeholders: tuple[Placeholder, ...]
    unanswered: tuple[str, ...]
    needs: tuple[Need, ...]
    warnings: tuple[str, ...]
    roots: tuple[Ref, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """What `--json` prints."""
        return asdict(self) | {"out": str(self.out)}

    @property
    def title(self) -> str:
        """The roots."""
        return ", ".join(str(root) for root in self.roots or (self.root,))

    def lines(self) -> list[str]:
        """What people read."""
        done = "written to" if self.changed else "already stands in"
        lines = [f"{self.title} {done} {self.out}: {_count(self.objects, 'object')}, {_count(self.files, 'file')}"]
        lines += [f"  {ref}" for ref in self.objects]
        if self.unanswered:
            lines += ["", f"Fill in, in {self.out / 'overlays/default/answers.env'}:"]
            asked = {each.name: each for each in self.placeholders}
            lines += [f"  {name}, in place of {asked[name].why}" for name in self.unanswered]
        if self.needs:
            lines += ["", "The target must have:"]
            lines += [f"  {need.kind} {need.name} ({need.reason})" for need in self.needs]
        if self.warnings:
            lines += ["", "Worth knowing:", *(f"  {warning}" for warning in self.warnings)]
        return [*lines, "", f"Look at it: kubectl kustomize {self.out / 'overlays/default'}"]


def ref_of(obj: Object) -> Ref:
    metadata = obj["metadata"]
    return Ref(obj["kind"], metadata["name"], metadata.get("namespace", ""))


def group_of(obj: Object) -> str:
    """The API group of an object, "" for the core group."""
    return str(obj["apiVersion"]).rpartition("/")[0]


def version_of(obj: Object) -> str:
    return str(obj["apiVersion"]).rpartition("/")[2]


def _count(things: tuple[object, ...], noun: str) -> str:
    return f"{len(things)} {noun}{'' if len(things) == 1 else 's'}"

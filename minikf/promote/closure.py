"""From the roots to everything they need: objects that come along, and needs that the target must meet itself."""

from __future__ import annotations

from collections.abc import Iterable

import yaml

from minikf.errors import Refused
from minikf.promote import runtimes
from minikf.promote.discovery import Source
from minikf.promote.ir.names import object_name
from minikf.promote.ir.references import LAUNCHER, launcher, named
from minikf.promote.model import Closure, Need, Object, PipelineIr, RecurringRun, Ref, ref_of
from minikf.promote.poddefaults import selected
from minikf.promote.references import NODE_LABEL, RUNTIME, TEMPLATE_MAP, Reference, in_text, references

Root = Object | PipelineIr | RecurringRun

# In every namespace of every cluster: made by Kubernetes itself.
_EVERYWHERE = {("ServiceAccount", "default"), ("ConfigMap", "kube-root-ca.crt")}
_OF_THE_TARGET = {
    "LocalQueue": "the queue that admits it (Kueue)",
    "PriorityClass": "the priority of its pods",
    "RuntimeClass": "how its containers are run",
    NODE_LABEL: "a node with this label",
}
# Made by Kubeflow for each profile (profile-controller); without one, the installation's own account runs pipelines.
_OF_KUBEFLOW = ("default-editor", "default-viewer", "pipeline-runner")
_OF_A_TRIAL = "${"


class _Walk:
    """One collection; every object is read once."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._read_already: dict[tuple[str, str, str], Object | None] = {}
        self._added: set[Ref] = set()
        self.objects: list[Object] = []  # what is needed first, the roots last
        self.needs: set[Need] = set()
        self.warnings: list[str] = []

    def add(self, obj: Object) -> None:
        """What `obj` references, then itself: read from its end, `objects` has each before what it needs."""
        ref = ref_of(obj)
        if ref in self._added:
            return
        self._added.add(ref)
        self.needs.update(runtimes.format_need(obj))
        for reference in reversed(references(obj)):
            self.follow(ref, reference, ref.namespace)
        if obj["kind"] == "Notebook":
            self._pod_defaults(obj)
        self.objects.append(obj)

    def follow(self, owner: Ref, reference: Reference, namespace: str) -> None:
        """What a reference of `owner` names. Raises Refused where that does not exist, or lacks a key."""
        kind, name = reference.kind, reference.name
        if (kind, name) in _EVERYWHERE:
            return
        if _OF_A_TRIAL in name:
            self.warnings.append(f"{owner}, {reference.where} names a {kind} that each trial decides on")
            return
        if kind in _OF_THE_TARGET:
            self.needs.add(Need(kind, name, f"{_OF_THE_TARGET[kind]}: {owner}, {reference.where}"))
            return
        if kind.startswith("ConfigMap of "):
            self.needs.add(Need(kind, name, f"{owner}, {reference.where} takes its template from it"))
            return
        if kind == "ServiceAccount" and name in _OF_KUBEFLOW:
            self.needs.add(Need(kind, name, f"Kubeflow makes it for a profile; {owner}, {reference.where} runs as it"))
            return
        found = self._read(kind, namespace, name)
        if found is None:
            self._broken(owner, reference, namespace)
            return
        _check_keys(owner, reference, found)
        need = runtimes.expected(found)
        if kind == "Secret":
            self.needs.add(Need(kind, name, "secrets are never written; make it there before you apply"))
        elif need is not None:
            self.needs.add(need)
        else:
            if reference.where == TEMPLATE_MAP:
                self._template(owner, found, reference.keys, namespace)
            self.add(found)

    def _template(self, owner: Ref, config: Object, keys: Iterable[str], namespace: str) -> None:
        """What the job names that a ConfigMap holds as the text of a trial template."""
        for key in keys:
            where = f"{TEMPLATE_MAP} {config['metadata']['name']}, data[{key}]"
            try:
                trial = yaml.safe_load((config.get("data") or {}).get(key, ""))
            except yaml.YAMLError as error:
                self.warnings.append(f"{owner}, {where} is not read, so what it names is not known: {error}")
                continue
            if not isinstance(trial, dict):
                continue
            for reference in in_text(trial, where):
                self.follow(owner, reference, namespace)
            if runtimes.moves(trial):
                name = trial["spec"]["runtimeRef"]["name"]
                self.warnings.append(
                    f"{owner}, {where} names ClusterTrainingRuntime {name}, which is written as TrainingRuntime: say "
                    "so in the template's runtimeRef.kind"
                )

    def _pod_defaults(self, notebook: Object) -> None:
        chosen = selected(notebook, self._source.list("PodDefault", notebook["metadata"].get("namespace", "")))
        for each in reversed(chosen):
            self.add(each)
        if chosen:
            names = ", ".join(each["metadata"]["name"] for each in chosen)
            self.warnings.append(
                f"{ref_of(notebook)} is changed by PodDefault {names}; they have an effect only in a namespace with "
                "the label app.kubernetes.io/part-of=kubeflow-profile"
            )

    def pipeline(self, ir: PipelineIr, arguments: Object) -> None:
        """What both documents of a pipeline name, run with `arguments` or its defaults."""
        found = named(ir, arguments)
        self.needs.update(found.needs)
        self.warnings += found.warnings
        for reference in reversed(found.references):
            self.follow(ir.ref, reference, ir.namespace)
        self.needs.update(launcher(self._read("ConfigMap", ir.namespace, LAUNCHER)))

    def _read(self, kind: str, namespace: str, name: str) -> Object | None:
        key = (kind, namespace, name)
        if key not in self._read_already:
            self._read_already[key] = (
                runtimes.serving_runtime(self._source, namespace, name)
                if kind == RUNTIME
                else self._source.get(kind, namespace, name)
            )
        return self._read_already[key]

    def _broken(self, owner: Ref, reference: Reference, namespace: str) -> None:
        what = f"{reference.kind} '{reference.name}'"
        if reference.optional:
            self.warnings.append(
                f"{owner}, {reference.where} names {what}, which does not exist here; it may stay absent"
            )
            if reference.kind == "Secret":
                reason = f"named by {owner}, {reference.where}; optional, and absent on this platform"
                self.needs.add(Need("Secret", reference.name, reason))
            return
        raise Refused(
            f"{owner} names {what}, which does not exist",
            cause=f"{reference.where} refers to it, and namespace '{namespace}' has none",
            advice=f"make it, or take it out of {reference.where}; then promote again",
        )


def _check_keys(owner: Ref, reference: Reference, found: Object) -> None:
    """A ConfigMap or Secret that lacks a key which is named is a broken reference as well."""
    held = {*(found.get("data") or {}), *(found.get("binaryData") or {})}
    missing = sorted(set(reference.keys) - held)
    if missing and not reference.optional:
        raise Refused(
            f"{reference.kind} '{reference.name}' has no key {' or '.join(repr(key) for key in missing)}",
            cause=f"{owner}, {reference.where} names it",
            advice=f"kubectl describe {reference.kind.lower()} {reference.name}",
        )


def close(root: Object, source: Source) -> Closure:
    """One object and what it references, to the end. Raises Refused at a reference to nothing."""
    return close_all((root,), source)


def close_all(roots: Iterable[Root], source: Source, bound: Iterable[tuple[RecurringRun, PipelineIr]] = ()) -> Closure:
    """The roots, `bound` recurring runs with their pipelines, and what all of them reference, each once.

    Raises Refused at a reference to nothing, and where two that would be written under one name differ in where they
    come from.
    """
    walk = _Walk(source)
    every = list(roots)
    schedules = sorted(bound, key=lambda pair: pair[0].ref)
    pipelines = {(ir.name, ir.version, ir.namespace): ir for ir in every if isinstance(ir, PipelineIr)}
    pipelines |= {(ir.name, ir.version, ir.namespace): ir for _, ir in schedules}
    for _, ir in sorted(pipelines.items()):
        walk.pipeline(ir, {})
    for run, ir in schedules:
        walk.pipeline(ir, (run.document["spec"].get("runtime_config") or {}).get("parameters") or {})
        if account := run.document["spec"].get("service_account"):
            walk.follow(run.ref, Reference("ServiceAccount", account, "service_account"), run.namespace)
    objects = [each for each in every if isinstance(each, dict)]
    for obj in sorted(objects, key=ref_of, reverse=True):
        walk.add(obj)
    told = [ir for _, ir in sorted(pipelines.items())]
    _check_names(
        [
            *map(ref_of, walk.objects),
            *(ir.ref for ir in told),
            *(Ref("PipelineVersion", ir.object["metadata"]["name"], f"{ir.namespace}/{ir.name}") for ir in told),
            *(run.ref for run, _ in schedules),
        ]
    )
    for namespace in sorted({ref_of(obj).namespace for obj in walk.objects} - {""}):
        walk.warnings += _grants(source, namespace, walk.objects)
    walk.warnings += [
        f"{ref_of(obj)} is written empty: the files in it are not copied"
        for obj in walk.objects
        if obj["kind"] == "PersistentVolumeClaim"
    ]
    return Closure(
        tuple(reversed(walk.objects)),
        tuple(sorted(walk.needs)),
        tuple(dict.fromkeys(walk.warnings)),
        tuple(told),
        tuple(run for run, _ in schedules),
    )


def _check_names(refs: list[Ref]) -> None:
    """A promotion has no namespaces, so two objects of one kind and name cannot be told apart in it."""
    known: dict[tuple[str, str], Ref] = {}
    for ref in refs:
        name = object_name(ref.name) if ref.kind in ("Pipeline", "RecurringRun") else ref.name
        other = known.setdefault((runtimes.written_kind(ref.kind), name), ref)
        if other != ref:
            raise Refused(
                f"{other} and {ref} would be written as one",
                cause="a promotion names no namespace: the target chooses that",
                advice=f"promote what is in namespace '{ref.namespace}' into a folder of its own: --out promote-2",
            )


def _grants(source: Source, namespace: str, objects: list[Object]) -> list[str]:
    """Rights are the target's to give: said, never written."""
    refs = [ref_of(obj) for obj in objects]
    accounts = {ref.name for ref in refs if (ref.kind, ref.namespace) == ("ServiceAccount", namespace)}
    if not accounts:
        return []
    return [
        f"{ref_of(binding)} gives ServiceAccount {subject['name']} rights here; grant them on the target yourself"
        for binding in source.list("RoleBinding", namespace)
        for subject in binding.get("subjects") or ()
        if subject.get("kind") == "ServiceAccount" and subject.get("name") in accounts
    ]

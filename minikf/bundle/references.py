"""Which files and folders a kustomization names.

The fields are those of `types.Kustomization` in sigs.k8s.io/kustomize/api v0.20 (kustomize 5.7, kubectl 1.34). A field
that is not known is refused: it could name a file that no lock has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import Enum

from minikf.bundle.errors import NotLockable
from minikf.bundle.marked import Marked, document, documents

NAMES = ("kustomization.yaml", "kustomization.yml", "Kustomization")
"""What a kustomization's file is called, in the order in which kustomize looks for it."""

_NO_FILES = (
    "apiVersion", "kind", "metadata", "namePrefix", "nameSuffix", "namespace", "commonLabels", "labels",
    "commonAnnotations", "images", "imageTags", "replicas", "vars", "sortOptions", "generatorOptions", "buildMetadata",
)  # fmt: skip
_GENERATORS = ("configMapGenerator", "secretGenerator")
_PLUGINS = ("generators", "transformers", "validators")
_HELM = ("helmCharts", "helmGlobals", "helmChartInflationGenerator")
_KNOWN = (
    *_NO_FILES, "resources", "bases", "components", "crds", "configurations", "openapi", "patches",
    "patchesStrategicMerge", "patchesJson6902", "replacements", *_GENERATORS, *_PLUGINS, *_HELM,
)  # fmt: skip

_PATCH = ("path", "patch", "target", "options")
_REPLACEMENT = ("path", "source", "targets", "sourceValue")
_GENERATOR = ("name", "namespace", "behavior", "type", "literals", "files", "envs", "env", "options")

# kustomize's own plugins that may read files, with the fields that name them; the others name none.
_PLUGIN_FIELDS = {
    "PatchTransformer": ("path",),
    "PatchJson6902Transformer": ("path",),
    "PatchStrategicMergeTransformer": ("paths",),
    "ReplacementTransformer": ("replacements",),
    "ConfigMapGenerator": ("files", "envs", "env"),
    "SecretGenerator": ("files", "envs", "env"),
}
_PLUGINS_WITHOUT_FILES = (
    "AnnotationsTransformer", "HashTransformer", "IAMPolicyGenerator", "ImageTagTransformer", "LabelTransformer",
    "LegacyOrderTransformer", "NamespaceTransformer", "PrefixSuffixTransformer", "PrefixTransformer",
    "ReplicaCountTransformer", "SortOrderTransformer", "SuffixTransformer",
)  # fmt: skip
_FUNCTIONS = ("config.kubernetes.io/function", "config.k8s.io/function")

_REMOTE = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:(//|:)|git@|github\.com[:/]|ssh:")


class Sort(Enum):
    """What a reference may lead to."""

    FILE = "file"
    FOLDER = "folder"
    EITHER = "file or folder"
    PLUGIN = "configuration of a plugin"


_LISTS = {
    "resources": Sort.EITHER,
    "bases": Sort.EITHER,
    "components": Sort.FOLDER,
    "crds": Sort.FILE,
    "configurations": Sort.FILE,
}


@dataclass(frozen=True)
class Reference:
    """`text` is what stands in the kustomization: a path as seen from its folder, or a remote address."""

    text: str
    sort: Sort
    mark: Marked

    @property
    def is_remote(self) -> bool:
        return _REMOTE.match(self.text) is not None


def references(data: bytes, where: str) -> list[Reference]:
    """What the kustomization `data`, shown as `where`, names. Raises NotLockable for what no lock can pin."""
    root = document(data, where, NotLockable)
    fields = root.fields(_KNOWN)
    for name in _HELM:
        if name in fields:
            raise fields[name].refused(
                f"`{name}` runs Helm, which fetches charts while it renders",
                cause="nothing is fetched at that time, and no lock can pin it",
                advice="use a path of upstream that has plain manifests",
            )
    return [found for name, part in fields.items() if not part.is_empty for found in _field(name, part)]


def plugin_references(data: bytes, where: str) -> list[Reference]:
    """What the configurations of plugins in a file name, as seen from the kustomization that lists the file.

    Raises NotLockable for plugins that are programs.
    """
    return [found for part in documents(data, where, NotLockable) for found in _plugin(part)]


def _field(name: str, part: Marked) -> Iterator[Reference]:
    if name in _LISTS:
        yield from (_reference(item, _LISTS[name]) for item in part.items())
    elif name == "openapi":
        yield from _at(part, "path")
    elif name in ("patches", "patchesJson6902"):
        for item in part.items():
            item.fields(_PATCH)
            yield from _at(item, "path")
    elif name == "replacements":
        yield from _replacements(part)
    elif name == "patchesStrategicMerge":
        yield from (_reference(item, Sort.FILE) for item in part.items() if not _is_inline(item.text()))
    elif name in _GENERATORS:
        for item in part.items():
            yield from _generated(item, item.fields(_GENERATOR))
    elif name in _PLUGINS:
        for item in part.items():
            yield from _plugin_entry(item)


def _plugin_entry(item: Marked) -> Iterator[Reference]:
    if _is_inline(item.text()):
        yield from plugin_references(item.text().encode(), f"{item.where}, line {item.line}")
    else:
        yield replace(_local(item, item.text()), sort=Sort.PLUGIN)


def _plugin(part: Marked) -> Iterator[Reference]:
    """Nothing remote: only what stands in a kustomization itself can be led to a local copy."""
    yield from (_local(one.mark, one.text) for one in _named_by_plugin(part))


def _named_by_plugin(part: Marked) -> Iterator[Reference]:
    fields = {key.text(): value for key, value in part.pairs()}
    kind = fields["kind"].text() if "kind" in fields else ""
    version = fields["apiVersion"].text() if "apiVersion" in fields else ""
    notes = {}
    for key, value in fields["metadata"].pairs() if "metadata" in fields else ():
        if key.text() == "annotations":
            notes = {name.text(): note for name, note in value.pairs()}
    known = version == "builtin" and (kind in _PLUGIN_FIELDS or kind in _PLUGINS_WITHOUT_FILES)
    if not known or any(name in notes for name in _FUNCTIONS):
        raise part.refused(
            f"'{kind or 'a document without kind'}' is no plugin of kustomize's own that can be locked",
            cause="programs, containers and Helm charts are not run, and no lock can pin what they read",
            advice="use a path of upstream that does without",
        )
    for name in _PLUGIN_FIELDS.get(kind, ()):
        if name not in fields:
            continue
        if name == "path":
            yield from _at(part, name)
        elif name == "paths":
            yield from (_reference(item, Sort.FILE) for item in fields[name].items() if not _is_inline(item.text()))
        elif name == "replacements":
            yield from _replacements(fields[name])
        else:
            yield from _generated(part, {name: fields[name]})


def _at(part: Marked, field: str) -> Iterator[Reference]:
    for key, value in part.pairs():
        if key.text() == field and not value.is_empty and value.text():
            yield _reference(value, Sort.FILE)


def _replacements(part: Marked) -> Iterator[Reference]:
    for item in part.items():
        item.fields(_REPLACEMENT)
        yield from _at(item, "path")


def _generated(part: Marked, fields: dict[str, Marked]) -> Iterator[Reference]:
    """`files` are PATH or KEY=PATH."""
    for name in ("files", "envs"):
        for item in fields[name].items() if name in fields and not fields[name].is_empty else ():
            path = item.text().rpartition("=")[2] if name == "files" else item.text()
            yield _local(item, path)
    if "env" in fields and fields["env"].text():
        yield _local(fields["env"], fields["env"].text())


def _local(part: Marked, path: str) -> Reference:
    if _REMOTE.match(part.text()) or _REMOTE.match(path):
        raise part.refused(
            f"'{part.text()}' is fetched while it is rendered",
            cause="what generators and plugins read has to be a file of the same repository",
            advice="use a path of upstream that has the file beside it",
        )
    return Reference(path, Sort.FILE, part)


def _reference(part: Marked, sort: Sort) -> Reference:
    return Reference(part.text(), sort, part)


def _is_inline(text: str) -> bool:
    """Whether an entry is YAML itself and not the name of a file."""
    return "\n" in text or text.lstrip().startswith("{")

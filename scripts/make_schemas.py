"""Makes minikf/embedded/schemas/*.json: compact schemas and printer columns of every kind that the engine serves.

    scripts/make_schemas.py --upstream DIR [--kubernetes DIR] [--check]

DIR of --upstream mirrors GitHub as OWNER/REPO/REF/PATH and has the CRDs of CRD_FILES. --kubernetes is a checkout of the
Go module named in KUBERNETES; without it, `go mod download` finds one. --check only says whether the files are current.
To add a kind: add it to minikf/embedded/kinds.py, and its CRD's file to CRD_FILES.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml

from minikf.embedded import cel, kinds
from minikf.embedded.jsonpath import compile_path
from minikf.embedded.kinds import Kind, Scale
from minikf.embedded.patching import json_patch

Data = dict[str, Any]

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "minikf" / "embedded" / "schemas"
KUBERNETES = "k8s.io/kubernetes@v1.34.4"
_APPLICATIONS = "kubeflow/manifests/26.03/applications"
# The CRDs of an API group: OWNER/REPO/REF/PATH below --upstream.
CRD_FILES: dict[str, tuple[str, ...]] = {
    "trainer.kubeflow.org": (
        f"{_APPLICATIONS}/trainer/upstream/base/crds/trainer.kubeflow.org_clustertrainingruntimes.yaml",
        f"{_APPLICATIONS}/trainer/upstream/base/crds/trainer.kubeflow.org_trainingruntimes.yaml",
        f"{_APPLICATIONS}/trainer/upstream/base/crds/trainer.kubeflow.org_trainjobs.yaml",
    ),
    "pipelines.kubeflow.org": (
        f"{_APPLICATIONS}/pipeline/upstream/base/crds/pipelines.kubeflow.org_pipelines.yaml",
        f"{_APPLICATIONS}/pipeline/upstream/base/crds/pipelines.kubeflow.org_pipelineversions.yaml",
    ),
    "serving.kserve.io": (f"{_APPLICATIONS}/kserve/kserve/kserve_kubeflow.yaml",),
    "kubeflow.org": (
        f"{_APPLICATIONS}/katib/upstream/components/crd/experiment.yaml",
        f"{_APPLICATIONS}/katib/upstream/components/crd/suggestion.yaml",
        f"{_APPLICATIONS}/katib/upstream/components/crd/trial.yaml",
        f"{_APPLICATIONS}/jupyter/notebook-controller/upstream/crd/bases/kubeflow.org_notebooks.yaml",
        f"{_APPLICATIONS}/admission-webhook/upstream/base/crd.yaml",
        *(
            f"{_APPLICATIONS}/training-operator/upstream/base/crds/kubeflow.org_{plural}.yaml"
            for plural in ("pytorchjobs", "tfjobs", "xgboostjobs", "paddlejobs", "jaxjobs", "mpijobs")
        ),
    ),
}
# JSON patches that the manifests' kustomization puts over a CRD, by the CRD's name.
CRD_PATCHES: dict[str, str] = {
    "notebooks.kubeflow.org": (
        f"{_APPLICATIONS}/jupyter/notebook-controller/upstream/crd/patches/validation_patches.yaml"
    ),
}
_PROSE = ("description", "title", "example", "externalDocs")
_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
_FIELDS = "io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1"
_QUANTITY = "io.k8s.apimachinery.pkg.api.resource.Quantity"
_REF = "$ref"
_COMPONENTS = "#/components/schemas/"
_SHARED_SIZE = 64  # bytes: a subtree smaller than this is written out each time


def main() -> int:
    """Writes the files, or with --check compares them; 1 when they differ."""
    options = argparse.ArgumentParser(description="Makes the embedded engine's schemas out of upstream's.")
    options.add_argument("--upstream", type=Path, required=True, help="mirror folder: OWNER/REPO/REF/PATH")
    options.add_argument("--kubernetes", type=Path, help=f"folder of the Go module {KUBERNETES}")
    options.add_argument("--check", action="store_true", help="change nothing; fail where a file is not current")
    given = options.parse_args()
    core = CoreSchemas(given.kubernetes or _go_module())
    files = {}
    for group, versions in kinds.groups().items():
        for version in versions:
            made = [kind for kind in kinds.in_version(group, version) if kind.shows is None]
            if not made:
                continue
            data = _custom(made, given.upstream, core) if made[0].is_custom else core.group(made)
            files[OUT / f"{group or 'core'}.{version}.json"] = _written(data)
    stale = [path for path, text in files.items() if not path.exists() or path.read_text() != text]
    if not given.check:
        OUT.mkdir(exist_ok=True)
        for path in stale:
            path.write_text(files[path])
    for path in stale:
        print(f"{'not current' if given.check else 'wrote'}: {path.relative_to(ROOT)} ({len(files[path]):,} bytes)")
    return 1 if stale and given.check else 0


def _written(data: Data) -> str:
    return json.dumps(data, sort_keys=True, separators=(",", ":")) + "\n"


def _go_module() -> Path:
    command = ["go", "mod", "download", "-json", KUBERNETES]
    found = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return Path(json.loads(found)["Dir"])


def _source(repository: str, ref: str, path: str, body: bytes) -> Data:
    return {"repository": repository, "ref": ref, "path": path, "sha256": hashlib.sha256(body).hexdigest()}


class CoreSchemas:
    """Kubernetes' own kinds, out of the OpenAPI v3 documents in its source."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._documents: dict[str, tuple[Data, Data]] = {}

    def document(self, group: str, version: str) -> tuple[Data, Data]:
        """(components by name, source) of a group version's document."""
        name = f"apis__{group}__{version}_openapi.json" if group else f"api__{version}_openapi.json"
        if name not in self._documents:
            path = f"api/openapi-spec/v3/{name}"
            body = (self.folder / path).read_bytes()
            module, _, ref = KUBERNETES.partition("@")
            source = _source(module, ref, path, body)
            self._documents[name] = json.loads(body)["components"]["schemas"], source
        return self._documents[name]

    def group(self, made: list[Kind]) -> Data:
        """The data of one group version; definitions keep their names."""
        components, source = self.document(made[0].group, made[0].version)
        definitions: Data = {}
        roots = {}
        for kind in made:
            name = _component_of(components, kind)
            roots[kind.kind] = {"columns": [], "schema": {_REF: name}, "source": 0}
            self._collect(name, components, definitions)
        return {"definitions": definitions, "kinds": roots, "sources": [source]}

    def meta(self) -> tuple[Data, Data]:
        """(definitions that ObjectMeta needs, source)."""
        components, source = self.document("", "v1")
        definitions: Data = {}
        self._collect(_META, components, definitions)
        return definitions, source

    def _collect(self, name: str, components: Data, definitions: Data) -> None:
        """Puts a component and all that it refers to into `definitions`."""
        if name in definitions:
            return
        definitions[name] = {}  # marks it, for recursive types
        definitions[name] = _compact_core(components[name], components)
        if name == _QUANTITY:
            definitions[name]["format"] = "quantity"
        if name == _FIELDS:
            # The server writes it; its OpenAPI does not say that its keys are free.
            definitions[name]["x-kubernetes-preserve-unknown-fields"] = True
        for reference in _references(definitions[name]):
            self._collect(reference, components, definitions)


def _component_of(components: Data, kind: Kind) -> str:
    wanted = {"group": kind.group, "kind": kind.kind, "version": kind.version}
    return next(name for name, data in components.items() if wanted in data.get("x-kubernetes-group-version-kind", ()))


def _references(data: Any) -> Iterator[str]:
    if isinstance(data, dict):
        if isinstance(data.get(_REF), str):
            yield data[_REF]
        for part in data.values():
            yield from _references(part)
    elif isinstance(data, list):
        for part in data:
            yield from _references(part)


def _compact_core(data: Data, components: Data) -> Data:
    """Without prose; `allOf` with one reference becomes that reference, or a copy where other rules stand beside it."""
    kept = {key: value for key, value in data.items() if key not in (*_PROSE, "x-kubernetes-group-version-kind")}
    # Zero values are how Go types print, not defaults of the API.
    if kept.get("default") in ("", {}, [], 0, False):
        kept.pop("default", None)
    if "allOf" in kept:
        [reference] = kept.pop("allOf")
        name = reference[_REF].removeprefix(_COMPONENTS)
        return _compact_core(components[name], components) | kept if kept else {_REF: name}
    if _REF in kept:
        return {_REF: kept[_REF].removeprefix(_COMPONENTS)}
    if kept.get("type") == "object" and not kept.keys() & {"properties", "additionalProperties"}:
        kept["x-kubernetes-preserve-unknown-fields"] = True  # FieldsV1, RawExtension: any JSON
    return _with_parts(kept, lambda part: _compact_core(part, components))


def _with_parts(data: Data, change: Callable[[Data], Data]) -> Data:
    """A copy with every schema directly below changed."""
    out = dict(data)
    if "properties" in out:
        out["properties"] = {name: change(part) for name, part in out["properties"].items()}
    for key in ("items", "additionalProperties"):
        if isinstance(out.get(key), dict):
            out[key] = change(out[key])
    return out


def _custom(made: list[Kind], upstream: Path, core: CoreSchemas) -> Data:
    """The data of one group version of CRDs; subtrees that occur again and again are shared."""
    definitions, meta_source = core.meta()
    sources = [meta_source]
    crds: dict[str, tuple[Data, int]] = {}
    for path in CRD_FILES[made[0].group]:
        body = (upstream / path).read_bytes()
        owner, repository, ref, inner = path.split("/", 3)
        sources.append(_source(f"{owner}/{repository}", ref, inner, body))
        for document in yaml.load_all(body, Loader=yaml.CSafeLoader):
            if document and document["kind"] == "CustomResourceDefinition":
                crds[document["metadata"]["name"]] = _patched(document, upstream), len(sources) - 1
    shared = Shared()
    roots: Data = {}
    for kind in made:
        crd, source = crds[f"{kind.plural}.{kind.group}"]
        [version] = [entry for entry in crd["spec"]["versions"] if entry["name"] == kind.version]
        _check_names(kind, crd["spec"], version)
        _check_versions(kind, crd["spec"])
        _check_rules(kind, version["schema"]["openAPIV3Schema"])
        root = _compact_crd(version["schema"]["openAPIV3Schema"])
        root["properties"] = (root.get("properties") or {}) | {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {_REF: _META},
        }
        columns = version.get("additionalPrinterColumns") or [
            {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"}
        ]
        for column in columns:
            compile_path(column["jsonPath"])
        columns = [{key: value for key, value in column.items() if key not in _PROSE} for column in columns]
        roots[kind.kind] = {"columns": columns, "schema": shared.add(root), "source": source}
    definitions |= shared.definitions(root["schema"] for root in roots.values())
    for root in roots.values():
        root["schema"] = shared.written(root["schema"])
    used = sorted({root["source"] for root in roots.values()} | {0})
    for root in roots.values():
        root["source"] = used.index(root["source"])
    return {"definitions": definitions, "kinds": roots, "sources": [sources[index] for index in used]}


def _patched(crd: Data, upstream: Path) -> Data:
    """The CRD as the manifests install it."""
    path = CRD_PATCHES.get(crd["metadata"]["name"])
    return json_patch(crd, yaml.safe_load((upstream / path).read_bytes())) if path else crd


def _check_names(kind: Kind, spec: Data, version: Data) -> None:
    """kinds.py must say what the CRD says."""
    names = spec["names"]
    said = {
        "kind": kind.kind,
        "singular": kind.singular,
        "short names": kind.short_names,
        "categories": kind.categories,
        "namespaced": kind.namespaced,
        "status": kind.has_status,
        "scale": kind.scale,
    }
    true = {
        "kind": names["kind"],
        "singular": names["singular"],
        "short names": tuple(names.get("shortNames") or ()),
        "categories": tuple(names.get("categories") or ()),
        "namespaced": spec["scope"] == "Namespaced",
        "status": "status" in (version.get("subresources") or {}),
        "scale": _scale((version.get("subresources") or {}).get("scale")),
    }
    wrong = {key: (said[key], true[key]) for key in said if said[key] != true[key]}
    if wrong:
        sys.exit(f"minikf/embedded/kinds.py disagrees with the CRD of {kind.kind} (said, true): {wrong}")


def _scale(paths: Data | None) -> Scale | None:
    """A CRD's scale subresource in the words of kinds.py."""
    if paths is None:
        return None
    fields = ("specReplicasPath", "statusReplicasPath", "labelSelectorPath")
    return Scale(*(tuple(paths[field].removeprefix(".").split(".")) for field in fields))


def _check_versions(kind: Kind, spec: Data) -> None:
    """Every version that the CRD serves must be one of kinds.py, and show the same fields as the one that is stored."""
    served = {entry["name"]: entry for entry in spec["versions"] if entry["served"]}
    [stored] = [entry for entry in spec["versions"] if entry["storage"]]
    said = (kind.version, *kind.also)
    if stored["name"] != kind.version or set(said) != set(served):
        sys.exit(f"minikf/embedded/kinds.py disagrees with the CRD of {kind.kind}: versions {said}, {list(served)}")
    if (spec.get("conversion") or {}).get("strategy", "None") != "None":
        sys.exit(f"the CRD of {kind.kind} converts between versions, which no view does")
    for version in kind.also:
        for part in ("schema", "additionalPrinterColumns", "subresources"):
            if served[version].get(part) != stored.get(part):
                sys.exit(f"{part} of {kind.kind} in {version} is not that of {kind.version}")


# What the engine's CEL library has of cel-go's standard functions; Kubernetes' own libraries are not among them.
_CEL_FUNCTIONS = frozenset(
    (
        *("bytes", "contains", "double", "duration", "endsWith", "int", "matches", "size", "startsWith", "string"),
        *("timestamp", "uint"),
    )
)
_CEL_ESCAPE = re.compile(r"\.__\w+__")  # how CEL spells fields such as `namespace` or `x-y`


def _check_rules(kind: Kind, data: Any) -> None:
    """Every CEL rule must be one that the engine can evaluate."""
    if isinstance(data, list):
        for part in data:
            _check_rules(kind, part)
    elif isinstance(data, dict):
        rules = data.get("x-kubernetes-validations")
        for rule in rules if isinstance(rules, list) else []:
            for text in (rule["rule"], rule.get("messageExpression") or "''"):
                unknown = cel.compiled(text).functions - _CEL_FUNCTIONS
                if unknown or _CEL_ESCAPE.search(text):
                    sys.exit(f"a rule of {kind.kind} needs more CEL than minikf/embedded/cel.py has: {text}")
        for part in data.values():
            _check_rules(kind, part)


def _compact_crd(data: Data) -> Data:
    kept = {key: value for key, value in data.items() if key not in _PROSE}
    if kept.get("x-kubernetes-int-or-string"):
        kept.pop("anyOf", None)  # says the same again
    return _with_parts(kept, _compact_crd)


class Shared:
    """Hash-consing: equal subtrees become one definition."""

    def __init__(self) -> None:
        self._nodes: dict[str, Data] = {}
        self._uses: Counter[str] = Counter()

    def add(self, data: Data) -> Data:
        """A reference to `data`, whose subtrees have become references too."""
        node = _with_parts(data, self.add)
        text = json.dumps(node, sort_keys=True)
        name = hashlib.sha256(text.encode()).hexdigest()
        self._nodes[name] = node
        self._uses[name] += 1
        return {_REF: name}

    def definitions(self, roots: Iterator[Data]) -> Data:
        """Every subtree worth sharing, numbered in the order in which a walk from the roots meets it."""
        self._names: dict[str, str] = {}
        waiting = [root[_REF] for root in roots][::-1]
        seen = set()
        while waiting:
            name = waiting.pop()
            if name in seen:
                continue
            seen.add(name)
            if self._uses[name] > 1 and len(json.dumps(self._nodes[name])) >= _SHARED_SIZE:
                self._names[name] = f"s{len(self._names) + 1}"
            waiting += [found for found in _references(self._nodes[name]) if found in self._nodes][::-1]
        return {short: self._expanded(self._nodes[name]) for name, short in self._names.items()}

    def written(self, reference: Data) -> Data:
        """A reference as it goes into the file: by its short name, or written out."""
        name = reference[_REF]
        if name in self._names:
            return {_REF: self._names[name]}
        return self._expanded(self._nodes[name]) if name in self._nodes else reference

    def _expanded(self, node: Data) -> Data:
        return _with_parts(node, lambda part: self.written(part) if _REF in part else part)


if __name__ == "__main__":
    sys.exit(main())

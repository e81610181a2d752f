"""A compiled pipeline (IR) as its two documents, and what it says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from minikf.errors import Refused, UsageError

Json = Any
_ARCHIVES = (b"PK\x03\x04", b"\x1f\x8b")


@dataclass(frozen=True)
class Documents:
    """`pipeline_spec` as the SDK's compiler wrote it, and the platform document that may go with it."""

    pipeline_spec: Mapping[str, Json]
    platform_spec: Mapping[str, Json] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return str(self.pipeline_spec["pipelineInfo"]["name"])

    @property
    def body(self) -> dict[str, Json]:
        """The `pipeline_spec` field of a request: one document, or both under their names."""
        if not self.platform_spec:
            return dict(self.pipeline_spec)
        return {"pipeline_spec": dict(self.pipeline_spec), "platform_spec": dict(self.platform_spec)}

    @property
    def remote_root(self) -> str:
        """The `pipeline_root` in object storage that the pipeline names, "" where it names none or a folder."""
        root = str(self.pipeline_spec.get("defaultPipelineRoot") or "")
        return "" if root.startswith(("/", "file:///")) else root

    @property
    def parameters(self) -> Mapping[str, Mapping[str, Json]]:
        """The pipeline's input parameters by name, as `root.inputDefinitions` has them."""
        definitions = (self.pipeline_spec.get("root") or {}).get("inputDefinitions") or {}
        return dict(definitions.get("parameters") or {})


def read(data: bytes, filename: str) -> Documents:
    """The documents in a compiled file, YAML or JSON. Raises Refused for what is none.

    What only the platform can judge (a reference that leads nowhere, a feature that has no effect there) is its answer
    to the run.
    """
    import yaml

    if data.startswith(_ARCHIVES):
        raise Refused(
            f"{filename} is an archive", cause="a compiled pipeline is YAML or JSON", advice=f"unpack {filename}"
        )
    try:
        # The C parser is several times faster where PyYAML was built with it.
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        documents = [one for one in yaml.load_all(data.decode("utf-8-sig"), Loader=loader) if one is not None]
    except (UnicodeDecodeError, yaml.YAMLError, RecursionError, ValueError) as error:
        raise Refused(f"{filename} is no YAML and no JSON", cause=_first_line(error), advice=_COMPILE) from error
    if len(documents) not in (1, 2) or not all(isinstance(one, dict) for one in documents):
        raise _no_pipeline(filename, f"it has {len(documents)} documents")
    spec = next((one for one in documents if "pipelineInfo" in one or "pipelineSpec" in one), None)
    if spec is None:
        kind = documents[0].get("kind")
        raise _no_pipeline(filename, f"it is a {kind}" if kind else "it has no pipelineInfo")
    if "pipelineSpec" in spec:  # the job form that the SDK's first versions wrote
        raise _no_pipeline(filename, "it is a PipelineJob of an earlier SDK")
    info = spec["pipelineInfo"]
    if not isinstance(info, dict) or not info.get("name"):
        raise _no_pipeline(filename, "pipelineInfo.name is missing")
    others = [one for one in documents if one is not spec]
    return Documents(spec, others[0] if others else {})


def without_cache(documents: Documents) -> Documents:
    """The same pipeline with caching switched off for each of its steps."""

    def off(component: Mapping[str, Json]) -> dict[str, Json]:
        dag = component.get("dag")
        if not isinstance(dag, dict):
            return dict(component)
        changed = {name: {**task, "cachingOptions": {}} for name, task in (dag.get("tasks") or {}).items()}
        return {**component, "dag": {**dag, "tasks": changed}}

    spec = dict(documents.pipeline_spec)
    if "root" in spec:
        spec["root"] = off(spec["root"])
    if "components" in spec:
        spec["components"] = {name: off(one) for name, one in spec["components"].items()}
    return Documents(spec, documents.platform_spec)


_COMPILE = "give the .py file itself, or compile it: kfp dsl compile --py FILE.py --output FILE.yaml"


def _no_pipeline(filename: str, cause: str) -> Refused:
    return Refused(f"{filename} is no compiled pipeline", cause=cause, advice=_COMPILE)


def _first_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]


def named(pairs: list[str]) -> dict[str, str]:
    """`NAME=VALUE` texts as a mapping. Raises UsageError for a text without `=`, and for a name that comes twice."""
    found: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise UsageError(f"'{pair}' is not NAME=VALUE", advice="write it as --arg learning_rate=0.1")
        if name in found:
            raise UsageError(f"'{name}' is given twice", cause=f"as '{found[name]}' and as '{value}'")
        found[name] = value
    return found

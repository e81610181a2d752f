"""The resources of the model registry API, with their fields.

Field names, enumerations and defaults are those of the upstream OpenAPI documents `v1` and `v1alpha3` (kubeflow/hub,
`api/openapi`), as the `model-registry` 0.3.18 client was generated from them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from functools import cached_property


class Type(Enum):
    """How a field's value looks in JSON."""

    TEXT = auto()
    TEXTS = auto()  # a list of strings
    NUMBER = auto()
    LONG = auto()  # a 64-bit integer in a string
    STEP = auto()  # a 64-bit integer: in a string in v1, a number in v1alpha3
    REFERENCE = auto()  # the id of another resource, in a string


@dataclass(frozen=True)
class Field:
    """One field. `fixed` ones are set at creation and never again; `target` is the kind that a REFERENCE names."""

    type: Type = Type.TEXT
    choices: tuple[str, ...] = ()
    default: str | None = None
    required: bool = False
    fixed: bool = False
    target: str = ""


@dataclass(frozen=True)
class Kind:
    """One kind of resource.

    `words` names it in messages; `family` are the kinds that share one space of external ids, as upstream's tables
    do; `parent` is the kind that it belongs to and `parent_field` the field that names it, if the body has one.
    """

    name: str
    words: str
    family: str
    fields: Mapping[str, Field]
    artifact_type: str = ""
    parent: str = ""
    parent_field: str = ""
    needs_name: bool = False

    @cached_property
    def is_artifact(self) -> bool:
        return bool(self.artifact_type)

    def __hash__(self) -> int:
        return hash(self.name)


LIVE = ("LIVE", "ARCHIVED")
ARTIFACT_STATES = ("UNKNOWN", "PENDING", "LIVE", "MARKED_FOR_DELETION", "DELETED", "ABANDONED", "REFERENCE")
EXECUTION_STATES = ("UNKNOWN", "NEW", "RUNNING", "COMPLETE", "FAILED", "CACHED", "CANCELED")

_TEXT = Field()
_COMMON = {"description": _TEXT}
_ARTIFACT = {**_COMMON, "state": Field(choices=ARTIFACT_STATES, default="UNKNOWN")}
_STATE = {"state": Field(choices=LIVE, default="LIVE")}


def _texts(*names: str) -> dict[str, Field]:
    return dict.fromkeys(names, _TEXT)


REGISTERED_MODEL = Kind(
    "RegisteredModel",
    "registered model",
    "context",
    {
        **_COMMON,
        **_STATE,
        **_texts("owner", "readme", "maturity", "provider", "logo", "license", "licenseLink", "libraryName"),
        "language": Field(Type.TEXTS),
        "tasks": Field(Type.TEXTS),
    },
    needs_name=True,
)
MODEL_VERSION = Kind(
    "ModelVersion",
    "model version",
    "context",
    {**_COMMON, **_STATE, **_texts("author")},
    parent="RegisteredModel",
    parent_field="registeredModelId",
    needs_name=True,
)
SERVING_ENVIRONMENT = Kind("ServingEnvironment", "serving environment", "context", _COMMON, needs_name=True)
INFERENCE_SERVICE = Kind(
    "InferenceService",
    "inference service",
    "context",
    {
        **_COMMON,
        **_texts("runtime"),
        "desiredState": Field(choices=("DEPLOYED", "UNDEPLOYED"), default="DEPLOYED"),
        "registeredModelId": Field(Type.REFERENCE, required=True, fixed=True, target="RegisteredModel"),
        "modelVersionId": Field(Type.REFERENCE, target="ModelVersion"),
    },
    parent="ServingEnvironment",
    parent_field="servingEnvironmentId",
)
SERVE_MODEL = Kind(
    "ServeModel",
    "serve model",
    "execution",
    {
        **_COMMON,
        "lastKnownState": Field(choices=EXECUTION_STATES, default="UNKNOWN"),
        "modelVersionId": Field(Type.REFERENCE, required=True, fixed=True, target="ModelVersion"),
    },
    parent="InferenceService",
)
MODEL_ARTIFACT = Kind(
    "ModelArtifact",
    "model artifact",
    "artifact",
    {
        **_ARTIFACT,
        **_texts("uri", "modelFormatName", "modelFormatVersion", "storageKey", "storagePath", "serviceAccountName"),
        **_texts("modelSourceKind", "modelSourceClass", "modelSourceGroup", "modelSourceId", "modelSourceName"),
    },
    artifact_type="model-artifact",
    parent="ModelVersion",
)
DOC_ARTIFACT = Kind(
    "DocArtifact",
    "doc artifact",
    "artifact",
    {**_ARTIFACT, **_texts("uri")},
    artifact_type="doc-artifact",
    parent="ModelVersion",
)
DATA_SET = Kind(
    "DataSet",
    "dataset artifact",
    "artifact",
    {**_ARTIFACT, **_texts("uri", "digest", "sourceType", "source", "schema", "profile")},
    artifact_type="dataset-artifact",
    parent="ModelVersion",
)
METRIC = Kind(
    "Metric",
    "metric",
    "artifact",
    {
        **_ARTIFACT,
        "value": Field(Type.NUMBER, required=True),
        "timestamp": Field(Type.LONG),
        "step": Field(Type.STEP),
    },
    artifact_type="metric",
    parent="ModelVersion",
)
PARAMETER = Kind(
    "Parameter",
    "parameter",
    "artifact",
    {**_ARTIFACT, **_texts("value"), "parameterType": Field(choices=("string", "number", "boolean", "object"))},
    artifact_type="parameter",
    parent="ModelVersion",
)

ARTIFACTS: tuple[Kind, ...] = (MODEL_ARTIFACT, DOC_ARTIFACT, DATA_SET, METRIC, PARAMETER)
# Reported again and again while training: posting one by the name of one that is there updates it.
NAMED_VALUES = frozenset({METRIC, PARAMETER})
BY_ARTIFACT_TYPE = {kind.artifact_type: kind for kind in ARTIFACTS}
KINDS = {
    kind.name: kind
    for kind in (
        REGISTERED_MODEL,
        MODEL_VERSION,
        SERVING_ENVIRONMENT,
        INFERENCE_SERVICE,
        SERVE_MODEL,
        *ARTIFACTS,
    )
}

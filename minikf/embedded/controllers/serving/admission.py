"""Refuses what KServe's validating webhook refuses, and what this engine cannot serve."""

from __future__ import annotations

import re

from minikf.embedded.controllers.serving.limits import refusals
from minikf.embedded.controllers.serving.spec import InvalidSpec, implementations, read
from minikf.embedded.kinds import INFERENCE_SERVICE, Kind
from minikf.embedded.status import ApiError, Object

# InvalidISVCNameFormatError and IsvcNameFmt in pkg/apis/serving/v1beta1.
_NAME = "[a-z]([-a-z0-9]*[a-z0-9])?"
_WEBHOOK = "inferenceservice.kserve-webhook-server.validator"


def serving_admission(kind: Kind, obj: Object, old: Object | None) -> None:
    """A hook for `Objects.admission`; it changes nothing and raises ApiError 403."""
    if kind is not INFERENCE_SERVICE or "deletionTimestamp" in obj["metadata"]:
        return
    if old is not None and old.get("spec") == obj.get("spec"):
        return
    for problem in _problems(obj):
        raise ApiError(403, "Forbidden", f'admission webhook "{_WEBHOOK}" denied the request: {problem}')


def _problems(obj: Object) -> list[str]:
    name = obj["metadata"]["name"]
    if not re.fullmatch(_NAME, name):
        return [
            f'the InferenceService "{name}" is invalid: a InferenceService name must consist of lower case '
            "alphanumeric characters or '-', and must start with alphabetical character. "
            f'(e.g. "my-name" or "abc-123", regex used for validation is \'{_NAME}\')'
        ]
    found = refusals(obj)
    if found:
        return found
    predictor = (obj.get("spec") or {}).get("predictor") or {}
    if implementations(predictor) == ["containers"]:
        # A container without a command is told by the status: on this engine only it is a problem.
        return []
    try:
        read(obj)
    except InvalidSpec as error:
        return [error.message]
    return []

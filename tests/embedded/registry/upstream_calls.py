"""Calls that are played against the real model registry server, once, and against ours, always.

A call is (label, method, path, body); `{label}` in a path or body stands for the id in the answer of that call. What
the real server answered lies in upstream_answers.json; `python -m tests.embedded.registry.upstream_calls URL` plays
the calls against a server with an empty database and writes it anew.
"""

from __future__ import annotations

import json
import re
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

ANSWERS = Path(__file__).with_name("upstream_answers.json")
Call = tuple[str, str, str, Any]
Play = Callable[[str, str, Any], tuple[int, Any]]

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_IDS = ("id", "registeredModelId", "modelVersionId", "servingEnvironmentId")


def _string(value: str) -> dict[str, str]:
    return {"string_value": value, "metadataType": "MetadataStringValue"}


def _int(value: Any) -> dict[str, Any]:
    return {"int_value": value, "metadataType": "MetadataIntValue"}


_PROPERTIES = {
    "text": _string("x"),
    "accuracy": {"double_value": 0.97, "metadataType": "MetadataDoubleValue"},
    "count": _int("4"),
    "odd.name-x": _string("v"),
    "ok": {"bool_value": True, "metadataType": "MetadataBoolValue"},
}
_FILTERS = (
    "name='ff'",
    'name="ff"',
    "name = 'ff' AND state='LIVE'",
    "accuracy > 0.95",
    "accuracy > 1",
    "count >= 4",
    "count = 4.0",
    "count.int_value = 4",
    "name LIKE 'F%'",
    "name LIKE 'f%'",
    "name like '_f'",
    "name ILIKE 'F%'",
    "name IN ('ff','m1')",
    "name IN 'ff'",
    "state IN ()",
    "`odd.name-x` = 'v'",
    "ok = true",
    "ok = FALSE",
    "ok != true",
    "owner='me'",
    "owner != 'me'",
    "name <> 'ff'",
    "nope='x'",
    "accuracy='x'",
    "id > 0 AND (name='ff' OR name='m1')",
    "name='ff' OR name='m1' AND owner='nobody'",
    "createTimeSinceEpoch > 5 -- a comment",
    "name='ff",
    "name",
    "name = ",
    "name == 'ff'",
    "NOT name='ff'",
    "name = 5",
    "odd.name-x = 'v'",
    "(name='ff'",
    "name='ff' AND",
    "name='ff' name='m1'",
)


def _root(label: str, **body: Any) -> Call:
    return (label, "POST", "/registered_models", body)


def _artifact(label: str, **body: Any) -> Call:
    return (label, "POST", "/model_versions/{version}/artifacts", body)


CALLS: tuple[Call, ...] = (
    ("empty", "GET", "/registered_models", None),
    _root("model", name="m1", owner="me", description="d", customProperties={"a": _string("x")}),
    _root("model again", name="m1"),
    _root("no name"),
    _root("empty name", name=""),
    _root("null name", name=None),
    _root("number as name", name=5),
    _root("unknown field", name="x1", bogus=1),
    _root("unknown state", name="x2", state="NOPE"),
    _root("id in body", name="x3", id="99"),
    _root("time in body", name="x3", createTimeSinceEpoch="1"),
    _root("text as property", name="x4", customProperties={"a": "b"}),
    _root("number as int_value", name="x5", customProperties={"a": _int(3)}),
    _root("text as int_value", name="x6", customProperties={"a": _int("abc")}),
    _root("large int_value", name="x6", customProperties={"a": _int("99999999999")}),
    _root("no metadataType", name="x7", customProperties={"a": {"string_value": "b"}}),
    _root("unknown metadataType", name="x8", customProperties={"a": {"string_value": "b", "metadataType": "Nope"}}),
    _root(
        "bad base64",
        name="x9",
        customProperties={"a": {"struct_value": "!!", "metadataType": "MetadataStructValue"}},
    ),
    _root("properties", name="ff", customProperties=_PROPERTIES),
    _root("null properties", name="x14", customProperties=None),
    _root("card", name="x15", language=["en"], tasks=["t"], readme="r", logo="l", license="mit", licenseLink="u"),
    _root("external", name="x17", externalId="e1"),
    _root("external taken", name="x18", externalId="e1"),
    _root("archived", name="x24", state="ARCHIVED"),
    _root("colon", name="with:colon"),
    _root("letters", name="größe ☃"),
    ("list in body", "POST", "/registered_models", [1]),
    ("text in body", "POST", "/registered_models", "text"),
    ("change description", "PATCH", "/registered_models/{model}", {"description": "new"}),
    ("null changes nothing", "PATCH", "/registered_models/{model}", {"description": None, "owner": None}),
    ("change name", "PATCH", "/registered_models/{model}", {"name": "zz"}),
    ("change id", "PATCH", "/registered_models/{model}", {"id": "5"}),
    ("change state", "PATCH", "/registered_models/{model}", {"state": "ARCHIVED"}),
    ("change beside state", "PATCH", "/registered_models/{model}", {"description": "newer"}),
    ("change state back", "PATCH", "/registered_models/{model}", {"state": "LIVE"}),
    ("change to unknown state", "PATCH", "/registered_models/{model}", {"state": "X"}),
    ("replace properties", "PATCH", "/registered_models/{model}", {"customProperties": {"z": _string("1")}}),
    ("keep properties", "PATCH", "/registered_models/{model}", {"description": "newer"}),
    ("remove properties", "PATCH", "/registered_models/{model}", {"customProperties": {}}),
    ("change nothing", "PATCH", "/registered_models/{model}", {}),
    ("change unknown field", "PATCH", "/registered_models/{model}", {"bogus": 1}),
    ("change external", "PATCH", "/registered_models/{model}", {"externalId": "e9"}),
    ("change external to taken", "PATCH", "/registered_models/{model}", {"externalId": "e1"}),
    ("change unknown", "PATCH", "/registered_models/99999", {"description": "x"}),
    ("change no id", "PATCH", "/registered_models/abc", {"description": "x"}),
    ("get", "GET", "/registered_models/{model}", None),
    ("get unknown", "GET", "/registered_models/99999", None),
    ("get no id", "GET", "/registered_models/abc", None),
    ("find", "GET", "/registered_model?name=m1", None),
    ("find unknown", "GET", "/registered_model?name=nope", None),
    ("find nothing", "GET", "/registered_model", None),
    ("find external", "GET", "/registered_model?externalId=e9", None),
    ("name goes before external", "GET", "/registered_model?name=m1&externalId=zzz", None),
    ("list all", "GET", "/registered_models", None),
    ("first page", "GET", "/registered_models?pageSize=2", None),
    ("page without size", "GET", "/registered_models?pageSize=0", None),
    ("bad page size", "GET", "/registered_models?pageSize=abc", None),
    ("newest first", "GET", "/registered_models?sortOrder=DESC&orderBy=CREATE_TIME&pageSize=3", None),
    ("by id", "GET", "/registered_models?orderBy=ID&pageSize=1", None),
    ("bad token", "GET", "/registered_models?nextPageToken=zzz", None),
    ("unknown order", "GET", "/registered_models?orderBy=NAME&pageSize=1", None),
    ("unknown parameter", "GET", "/registered_models?bogus=1&pageSize=1", None),
    *(("filter " + text, "GET", "/registered_models?filterQuery=" + quote(text), None) for text in _FILTERS),
    ("version", "POST", "/model_versions", {"name": "v1", "registeredModelId": "{model}", "author": "a"}),
    ("version again", "POST", "/model_versions", {"name": "v1", "registeredModelId": "{model}"}),
    ("version of none", "POST", "/model_versions", {"name": "v2"}),
    ("version without name", "POST", "/model_versions", {"registeredModelId": "{model}"}),
    ("version of no id", "POST", "/model_versions", {"name": "v2", "registeredModelId": "abc"}),
    ("version of a number", "POST", "/model_versions", {"name": "v2", "registeredModelId": 1}),
    ("same name elsewhere", "POST", "/model_versions", {"name": "v1", "registeredModelId": "{external}"}),
    ("child version", "POST", "/registered_models/{model}/versions", {"name": "v5", "registeredModelId": "{model}"}),
    (
        "child version updated",
        "POST",
        "/registered_models/{model}/versions",
        {"id": "{version}", "name": "v1", "registeredModelId": "{model}", "description": "upserted"},
    ),
    ("versions", "GET", "/registered_models/{model}/versions", None),
    ("versions by filter", "GET", "/registered_models/{model}/versions?filterQuery=" + quote("name='v1'"), None),
    ("all versions by author", "GET", "/model_versions?filterQuery=" + quote("author='a'"), None),
    ("version by name", "GET", "/model_version?name=v1&parentResourceId={model}", None),
    ("version by name alone", "GET", "/model_version?name=v1", None),
    ("version by unknown name", "GET", "/model_version?name=nope&parentResourceId={model}", None),
    ("version by unknown external", "GET", "/model_version?externalId=none", None),
    ("version by a model's id", "GET", "/model_versions/{model}", None),
    ("change version", "PATCH", "/model_versions/{version}", {"author": "b", "state": "ARCHIVED"}),
    ("change version's model", "PATCH", "/model_versions/{version}", {"registeredModelId": "5"}),
    _artifact("artifact", artifactType="model-artifact", name="m1", uri="s3://x", modelFormatName="sklearn"),
    _artifact("artifact again", artifactType="model-artifact", name="m1", uri="s3://x"),
    _artifact("artifact without name", artifactType="model-artifact", uri="s3://u"),
    _artifact("document", artifactType="doc-artifact", name="readme", uri="s3://d"),
    _artifact("unknown artifact type", artifactType="nope", name="q"),
    _artifact("no artifact type", name="q"),
    _artifact("metric without value", artifactType="metric", name="acc"),
    _artifact("metric", artifactType="metric", name="acc", value=0.5),
    _artifact("metric again", artifactType="metric", name="acc", value=0.7, step=3, timestamp="17"),
    _artifact("metric with text", artifactType="metric", name="acc3", value="x"),
    _artifact("parameter", artifactType="parameter", name="lr", value="0.1"),
    _artifact("parameter again", artifactType="parameter", name="lr", value="0.2", parameterType="number"),
    _artifact("unknown parameter type", artifactType="parameter", name="lr2", value="1", parameterType="nope"),
    _artifact("data set", artifactType="dataset-artifact", name="ds", uri="s3://x", digest="d", schema="{}"),
    _artifact("artifact updated", artifactType="model-artifact", id="{artifact}", uri="s3://y"),
    _artifact("artifact of another type", artifactType="doc-artifact", id="{artifact}", uri="s3://y"),
    _artifact("unknown artifact state", artifactType="model-artifact", name="bad", state="BAD"),
    ("artifact of no version", "POST", "/model_versions/99999/artifacts", {"artifactType": "model-artifact"}),
    ("alone", "POST", "/model_artifacts", {"name": "alone", "uri": "s3://u"}),
    ("alone again", "POST", "/model_artifacts", {"name": "alone", "uri": "s3://u"}),
    ("alone without a name", "POST", "/model_artifacts", {"uri": "s3://u"}),
    ("document alone", "POST", "/artifacts", {"artifactType": "doc-artifact", "name": "doc", "uri": "s3://u"}),
    ("no type alone", "POST", "/artifacts", {"name": "doc", "uri": "s3://u"}),
    ("second version", "POST", "/model_versions", {"name": "v9", "registeredModelId": "{model}"}),
    (
        "artifact in a second version",
        "POST",
        "/model_versions/{second version}/artifacts",
        {"artifactType": "model-artifact", "id": "{artifact}", "uri": "s3://z"},
    ),
    ("second version's artifacts", "GET", "/model_versions/{second version}/artifacts", None),
    ("first version's artifacts", "GET", "/model_versions/{version}/artifacts?pageSize=2", None),
    ("its parameters", "GET", "/model_versions/{version}/artifacts?artifactType=parameter", None),
    ("artifact by name", "GET", "/model_artifact?name=m1&parentResourceId={version}", None),
    ("any artifact by name", "GET", "/artifact?name=acc&parentResourceId={version}", None),
    ("metric as model artifact", "GET", "/model_artifact?name=acc&parentResourceId={version}", None),
    ("artifact by name alone", "GET", "/model_artifact?name=m1", None),
    ("artifacts of a type", "GET", "/artifacts?artifactType=metric", None),
    ("artifacts of an unknown type", "GET", "/artifacts?artifactType=nope", None),
    ("one model artifact", "GET", "/model_artifacts?pageSize=1", None),
    ("artifact by id", "GET", "/artifacts/{artifact}", None),
    ("metric by model artifact's path", "GET", "/model_artifacts/{metric}", None),
    ("artifacts by uri", "GET", "/artifacts?filterQuery=" + quote("uri='s3://z'"), None),
    ("artifacts by value", "GET", "/artifacts?filterQuery=" + quote("value>0.1"), None),
    ("artifacts by format", "GET", "/artifacts?filterQuery=" + quote("modelFormatName='sklearn'"), None),
    ("change artifact", "PATCH", "/model_artifacts/{artifact}", {"uri": "s3://w", "state": "LIVE"}),
    ("change artifact's name", "PATCH", "/model_artifacts/{artifact}", {"name": "qq"}),
    ("change without type", "PATCH", "/artifacts/{artifact}", {"uri": "s3://w"}),
    ("change type", "PATCH", "/artifacts/{artifact}", {"artifactType": "doc-artifact", "uri": "s3://w"}),
    ("change metric", "PATCH", "/artifacts/{metric}", {"artifactType": "metric", "value": 0.9, "state": "LIVE"}),
    ("change metric as model", "PATCH", "/model_artifacts/{metric}", {"uri": "s3://w"}),
    ("environment", "POST", "/serving_environments", {"name": "env"}),
    ("environment again", "POST", "/serving_environments", {"name": "env"}),
    ("environment without name", "POST", "/serving_environments", {}),
    ("change environment", "PATCH", "/serving_environments/{environment}", {"description": "d"}),
    ("environment by name", "GET", "/serving_environment?name=env", None),
    ("environments", "GET", "/serving_environments", None),
    (
        "service",
        "POST",
        "/inference_services",
        {"name": "is", "registeredModelId": "{model}", "servingEnvironmentId": "{environment}"},
    ),
    (
        "service again",
        "POST",
        "/inference_services",
        {"name": "is", "registeredModelId": "{model}", "servingEnvironmentId": "{environment}"},
    ),
    (
        "service without name",
        "POST",
        "/inference_services",
        {"registeredModelId": "{model}", "servingEnvironmentId": "{environment}"},
    ),
    (
        "service in no environment",
        "POST",
        "/inference_services",
        {"name": "q2", "registeredModelId": "{model}", "servingEnvironmentId": "99999"},
    ),
    ("service of no model", "POST", "/inference_services", {"name": "q3", "servingEnvironmentId": "{environment}"}),
    ("service of no environment", "POST", "/inference_services", {"name": "q4", "registeredModelId": "{model}"}),
    (
        "service of a version",
        "POST",
        "/serving_environments/{environment}/inference_services",
        {
            "name": "q6",
            "registeredModelId": "{model}",
            "servingEnvironmentId": "{environment}",
            "modelVersionId": "{version}",
            "runtime": "r",
            "desiredState": "UNDEPLOYED",
        },
    ),
    ("service's model", "GET", "/inference_services/{service}/model", None),
    ("service's version", "GET", "/inference_services/{service}/version", None),
    ("model of no service", "GET", "/inference_services/99999/model", None),
    ("service by name", "GET", "/inference_service?name=is&parentResourceId={environment}", None),
    ("service by name alone", "GET", "/inference_service?name=is", None),
    ("environment's services", "GET", "/serving_environments/{environment}/inference_services?pageSize=1", None),
    (
        "change service",
        "PATCH",
        "/inference_services/{service}",
        {"modelVersionId": "{version}", "desiredState": "UNDEPLOYED"},
    ),
    ("change service's model", "PATCH", "/inference_services/{service}", {"registeredModelId": "{model}"}),
    ("service's chosen version", "GET", "/inference_services/{service}/version", None),
    (
        "serve",
        "POST",
        "/inference_services/{service}/serves",
        {"modelVersionId": "{version}", "name": "s1", "lastKnownState": "RUNNING"},
    ),
    ("serve again", "POST", "/inference_services/{service}/serves", {"modelVersionId": "{version}", "name": "s1"}),
    ("serve without name", "POST", "/inference_services/{service}/serves", {"modelVersionId": "{version}"}),
    ("serve without version", "POST", "/inference_services/{service}/serves", {"name": "s3"}),
    ("serve no version", "POST", "/inference_services/{service}/serves", {"modelVersionId": "99999"}),
    ("serve by no service", "POST", "/inference_services/99999/serves", {"modelVersionId": "{version}"}),
    ("serves", "GET", "/inference_services/{service}/serves", None),
    ("no such path", "GET", "/serve_models", None),
    ("child version of two", "POST", "/registered_models/{model}/versions", {"name": "v6", "registeredModelId": "77"}),
    ("version of no model", "POST", "/model_versions", {"name": "v2", "registeredModelId": "99999"}),
    ("versions of no model", "GET", "/registered_models/99999/versions", None),
    _artifact("artifact with unknown field", artifactType="model-artifact", name="odd", bogus=1),
    ("no such method", "DELETE", "/registered_models/{model}", None),
)


def play_all(play: Play) -> list[dict[str, Any]]:
    """Plays the calls in order: `play(method, path, body)` gives status and parsed body."""
    ids: dict[str, str] = {}
    answers = []
    for label, method, path, body in CALLS:
        sent = json.loads(_filled(json.dumps(body), ids))
        status, answer = play(method, _filled(path, ids), sent)
        if status in (200, 201) and isinstance(answer, dict) and "id" in answer:
            ids.setdefault(label, answer["id"])
        answers.append({"label": label, "status": status, "body": _comparable(answer)})
    return answers


def _filled(text: str, ids: dict[str, str]) -> str:
    for label, found in ids.items():
        text = text.replace("{" + label + "}", found)
    return text


def _comparable(answer: Any) -> Any:
    """Without what differs from run to run: ids, times, made-up names, tokens, and the words of error messages."""
    if isinstance(answer, list):
        return [_comparable(one) for one in answer]
    if not isinstance(answer, dict):
        return answer if isinstance(answer, bool | int | float | str) else None
    if set(answer) == {"code", "message"}:
        return {"code": answer["code"]}
    out = {}
    for key, value in sorted(answer.items()):
        if key in ("createTimeSinceEpoch", "lastUpdateTimeSinceEpoch"):
            out[key] = bool(re.fullmatch(r"[0-9]{13}", value))
        elif key in _IDS:
            out[key] = bool(re.fullmatch(r"[1-9][0-9]{0,8}", value))
        elif key == "nextPageToken":
            out[key] = bool(value)
        elif key == "name" and _UUID.fullmatch(value):
            out[key] = "<uuid>"
        else:
            out[key] = _comparable(value)
    return out


def _over_http(base: str) -> Play:
    def play(method: str, path: str, body: Any) -> tuple[int, Any]:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(base + path, data=data, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as reply:
                return reply.status, json.loads(reply.read())
        except urllib.error.HTTPError as error:
            text = error.read()
            return error.code, json.loads(text) if text.startswith(b"{") else None

    return play


if __name__ == "__main__":
    server = (
        "kubeflow/hub bd07139a60e2e019654467997082a6c3cf70b8f5 (`model-registry proxy`, v1alpha3), PostgreSQL 15,"
        " its two views for the model catalog adapted to that release"
    )
    played = play_all(_over_http(f"{sys.argv[1]}/api/model_registry/v1alpha3"))
    lines = ",\n".join(json.dumps(answer, ensure_ascii=False) for answer in played)
    ANSWERS.write_text(f'{{"server": {json.dumps(server)}, "answers": [\n{lines}\n]}}\n')

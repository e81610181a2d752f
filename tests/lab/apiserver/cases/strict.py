"""Unknown and duplicate fields, names, labels: what is refused, warned about or dropped."""

from __future__ import annotations

from ..case import Case, Http
from . import objects as o

_TWICE = '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"%s"},"data":{"a":"1","a":"2"}}'
_JOB_TWICE = (
    '{"apiVersion":"trainer.kubeflow.org/v1alpha1","kind":"TrainJob","metadata":{"name":"%s"},'
    '"spec":{"suspend":true,"suspend":false,"runtimeRef":{"name":"r"},"nothing":1}}'
)
_YAML_TWICE = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: %s\ndata:\n  a: '1'\n  a: '2'\n"
_BOTH = {"spec": {"suspend": True, "unknown": 1, "trainer": {"alsoUnknown": {"deep": 1}}}}
_T = f"{o.TRAIN_JOBS}/t"

_CUSTOM_METADATA: tuple[tuple[int, o.Object], ...] = (
    (422, {"labels": {"bad key": "x"}}),
    (422, {"labels": {"key": "bad value"}}),
    (400, {"labels": {"a": 1}}),
    (400, {"labels": ["a"]}),
    (400, {"annotations": {"a": True}}),
    (400, {"creationTimestamp": "yesterday"}),
    (201, {"finalizers": ["unqualified"]}),
    (201, {"labels": {}, "annotations": None, "creationTimestamp": None, "selfLink": "x"}),
)


def _modes(path: str, body: o.Object, refused: int = 400) -> tuple[Http, ...]:
    name = body["metadata"]["name"]
    return (
        Http("POST", f"{path}?fieldValidation=Strict", body, expect=refused),
        Http("POST", f"{path}?fieldValidation=Warn", body, expect=201),
        Http("DELETE", f"{path}/{name}"),
        Http("POST", f"{path}?fieldValidation=Ignore", body, expect=201),
        Http("DELETE", f"{path}/{name}"),
        Http("POST", path, body, expect=201),
        Http("DELETE", f"{path}/{name}"),
        Http("POST", f"{path}?fieldValidation=Nothing", body, expect=422),
    )


def _named(name: str, expect: int = 422) -> Http:
    return Http("POST", o.CONFIG_MAPS, o.config_map(name), expect=expect)


def _job_named(name: str, expect: int = 422) -> Http:
    return Http("POST", o.TRAIN_JOBS, o.train_job(name), expect=expect)


CASES = (
    Case(
        "strict-configmap",
        (
            *_modes(o.CONFIG_MAPS, o.config_map("a", extra=1) | {"unknown": 1, "another": {"deep": 1}}),
            Http("POST", f"{o.CONFIG_MAPS}?fieldValidation=Strict", _TWICE % "a", expect=400),
            Http("POST", f"{o.CONFIG_MAPS}?fieldValidation=Warn", _TWICE % "a", expect=201),
            Http(
                "POST",
                f"{o.CONFIG_MAPS}?fieldValidation=Strict",
                _YAML_TWICE % "b",
                content_type="application/yaml",
                expect=400,
            ),
            Http("POST", f"{o.CONFIG_MAPS}", _YAML_TWICE % "c", content_type="application/yaml", expect=201),
        ),
    ),
    Case(
        "strict-pod",
        _modes(
            o.PODS,
            o.pod("p", {"restartPolicyy": "x", "containers": [{"name": "m", "image": "i", "imagee": 1, "Name": "x"}]}),
        ),
    ),
    Case(
        "strict-trainjob",
        (
            *_modes(o.TRAIN_JOBS, o.train_job("t", _BOTH["spec"], extra=1) | {"unknown": 1}),
            Http("POST", f"{o.TRAIN_JOBS}?fieldValidation=Strict", _JOB_TWICE % "t", expect=400),
            Http("POST", f"{o.TRAIN_JOBS}?fieldValidation=Warn", _JOB_TWICE % "t", expect=201),
            Http("PATCH", f"{_T}?fieldValidation=Strict", _BOTH, content_type=o.MERGE, expect=422),
            Http("PATCH", f"{_T}?fieldValidation=Warn", _BOTH, content_type=o.MERGE),
            Http("GET", _T, save=o.RV),
            Http("PUT", f"{_T}?fieldValidation=Strict", o.train_job("t", {"u": 1}, resourceVersion="$rv"), expect=400),
        ),
        needs_crds=True,
    ),
    Case("strict-inferenceservice", _modes(o.INFERENCE_SERVICES, o.inference_service("i", {"u": 1})), needs_crds=True),
    Case(
        "strict-runtime",
        _modes(o.TRAINING_RUNTIMES, o.training_runtime("r", {"numNodes": 1, "unknown": True})),
        needs_crds=True,
    ),
    Case(
        "names",
        (
            _named("Upper"),
            _named("under_score"),
            _named("-dash"),
            _named("dash-"),
            _named("a.b", 201),
            _named("a..b"),
            _named("1", 201),
            _named("a" * 253, 201),
            _named("a" * 254),
            _named("sp ace"),
            _named("slash/es"),
            _named("ünïcode"),
            _named(""),
            Http("POST", o.CONFIG_MAPS, {"apiVersion": "v1", "kind": "ConfigMap"}, expect=422),
            Http("POST", o.CONFIG_MAPS, o.config_map("a") | {"metadata": {"name": 5}}, expect=400),
            Http("GET", f"{o.CONFIG_MAPS}/Upper", expect=404),
            Http("POST", o.PODS, o.pod("Upper"), expect=422),
            Http("POST", o.SECRETS, o.secret("Upper"), expect=422),
        ),
    ),
    Case(
        "names-custom",
        (
            _job_named("Upper"),
            _job_named("a.b"),
            _job_named("1"),
            _job_named("a" * 63, 201),
            _job_named("a" * 64),
            _job_named(""),
            Http("POST", o.INFERENCE_SERVICES, o.inference_service("Bad_Name"), expect=422),
            Http("POST", o.TRAIN_JOBS, o.train_job("t", namespace="Bad_Namespace"), expect=400),
            Http("POST", o.TRAIN_JOBS, {"apiVersion": "trainer.kubeflow.org/v1alpha1", "kind": "TrainJob"}, expect=422),
        ),
        needs_crds=True,
    ),
    Case(
        "names-generated",
        (
            Http("POST", o.CONFIG_MAPS, {**o.config_map("x"), "metadata": {"generateName": "g-"}}, expect=201),
            Http("POST", o.CONFIG_MAPS, {**o.config_map("x"), "metadata": {"generateName": "g-"}}, expect=201),
            Http("POST", o.CONFIG_MAPS, o.config_map("named", generateName="g-"), expect=201),
            Http("POST", o.CONFIG_MAPS, {**o.config_map("x"), "metadata": {"generateName": "Bad_"}}, expect=422),
            Http("POST", o.CONFIG_MAPS, {**o.config_map("x"), "metadata": {"generateName": "a" * 300}}, expect=422),
            Http("POST", o.CONFIG_MAPS, {**o.config_map("x"), "metadata": {"generateName": "b" * 80}}, expect=201),
        ),
    ),
    Case(
        "names-generated-custom",
        (
            Http("POST", o.TRAIN_JOBS, {**o.train_job("x"), "metadata": {"generateName": "g-"}}, expect=201),
            Http("POST", o.TRAIN_JOBS, {**o.train_job("x"), "metadata": {"generateName": "Bad_"}}, expect=422),
        ),
        needs_crds=True,
    ),
    Case(
        "metadata-invalid",
        tuple(
            Http("POST", o.CONFIG_MAPS, o.config_map("a", **meta), expect=expect)
            for expect, meta in (
                (422, {"labels": {"bad key": "x"}}),
                (422, {"labels": {"key": "bad value"}}),
                (422, {"labels": {"a" * 64: "x"}}),
                (422, {"labels": {"key": "v" * 64}}),
                (422, {"labels": {"a/b/c": "x"}}),
                (422, {"labels": {"Not.Dns_/x": "y"}}),
                (422, {"labels": {"": "x"}}),
                (400, {"labels": {"a": 1}}),
                (400, {"labels": ["a"]}),
                (422, {"annotations": {"bad key": "x"}}),
                (422, {"annotations": {"big": "x" * 262145}}),
                (400, {"annotations": {"a": True}}),
                (400, {"ownerReferences": {}}),
                (400, {"creationTimestamp": "yesterday"}),
                (201, {"labels": {}, "annotations": None, "creationTimestamp": None, "selfLink": "x"}),
            )
        ),
    ),
    Case(
        "metadata-invalid-custom",
        tuple(
            Http("POST", o.TRAIN_JOBS, o.train_job(f"t{number}", **meta), expect=expect)
            for number, (expect, meta) in enumerate(_CUSTOM_METADATA)
        ),
        needs_crds=True,
    ),
    Case(
        "dry-run",
        (
            Http("POST", f"{o.CONFIG_MAPS}?dryRun=All", o.config_map("a"), expect=201),
            Http("GET", f"{o.CONFIG_MAPS}/a", expect=404),
            Http("POST", f"{o.CONFIG_MAPS}?dryRun=Nothing", o.config_map("a"), expect=422),
            Http("POST", f"{o.CONFIG_MAPS}?dryRun=", o.config_map("a"), expect=422),
            Http("POST", f"{o.CONFIG_MAPS}?dryRun=All", o.config_map("Bad_Name"), expect=422),
            Http("POST", o.CONFIG_MAPS, o.config_map("a"), expect=201),
            Http("POST", f"{o.CONFIG_MAPS}?dryRun=All", o.config_map("a"), expect=409),
            Http("PUT", f"{o.CONFIG_MAPS}/a?dryRun=All", o.config_map("a", {"dry": "run"})),
            Http("PATCH", f"{o.CONFIG_MAPS}/a?dryRun=All", {"data": {"dry": "run"}}, content_type=o.MERGE),
            Http("GET", f"{o.CONFIG_MAPS}/a"),
        ),
    ),
)

"""Bodies that are broken, too big, of the wrong type or of a kind that is not there."""

from __future__ import annotations

from ..case import Case, Http, Kubectl
from . import objects as o

_ANSI = "\x1b[31m"
# What is text in YAML as the API server reads it, though other readers see dates and numbers of base 60.
_SCALARS = """
kind: ConfigMap
apiVersion: v1
metadata: {name: scalars}
data: {day: 2001-01-01, moment: 2001-01-01T00:00:00Z, clock: 1:30, empty: ~, tilde: "~"}
"""
_BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(c)}: &{chr(c)} [{', '.join([f'*{chr(c - 1)}'] * 10)}]\n" for c in range(ord("b"), ord("m"))
)
_JOB = "apiVersion: trainer.kubeflow.org/v1alpha1\nkind: TrainJob\n"

CASES = (
    Case(
        "bad-bodies",
        (
            Http("POST", o.CONFIG_MAPS, "{", expect=400),
            Http("POST", o.CONFIG_MAPS, "", expect=400),
            Http("POST", o.CONFIG_MAPS, "null", expect=422),
            Http("POST", o.CONFIG_MAPS, "[]", expect=400),
            Http("POST", o.CONFIG_MAPS, '"text"', expect=400),
            Http("POST", o.CONFIG_MAPS, "5", expect=400),
            Http("POST", o.CONFIG_MAPS, "{}", expect=422),
            Http("POST", o.CONFIG_MAPS, b"\xff\xfe\x00", expect=400),
            Http("POST", o.CONFIG_MAPS, {"kind": "ConfigMap", "metadata": {"name": "a"}}, expect=201),
            Http("POST", o.CONFIG_MAPS, {"apiVersion": "v1", "metadata": {"name": "b"}}, expect=201),
            Http("POST", o.CONFIG_MAPS, {"metadata": {"name": "c"}}, expect=201),
            Http("POST", o.CONFIG_MAPS, o.secret("a"), expect=400),
            Http("POST", o.CONFIG_MAPS, o.config_map("a") | {"apiVersion": "v2"}, expect=400),
            Http("POST", o.CONFIG_MAPS, o.config_map("a") | {"kind": "Nothing"}, expect=400),
            Http("POST", o.CONFIG_MAPS, o.config_map("a") | {"apiVersion": "a/b/c"}, expect=400),
            Http("POST", o.CONFIG_MAPS, {**o.config_map("d"), "metadata": "x"}, expect=400),
            Http("POST", o.CONFIG_MAPS, {**o.config_map("d"), "metadata": ["x"]}, expect=400),
            Http("POST", o.CONFIG_MAPS, {**o.config_map("d"), "data": "x"}, expect=400),
            Http("POST", o.CONFIG_MAPS, {**o.config_map("d"), "data": {"a": {"b": 1}}}, expect=400),
            Http("POST", o.CONFIG_MAPS, {**o.config_map("d"), "data": {"a": None}}, expect=201),
            Http("PUT", f"{o.CONFIG_MAPS}/d", "{", expect=400),
        ),
    ),
    Case(
        "bad-bodies-custom",
        (
            Http("POST", o.TRAIN_JOBS, "{", expect=400),
            Http("POST", o.TRAIN_JOBS, "", expect=400),
            Http("POST", o.TRAIN_JOBS, "[]", expect=400),
            Http("POST", o.TRAIN_JOBS, "{}", expect=400),
            Http("POST", o.TRAIN_JOBS, {"metadata": {"name": "a"}}, expect=400),
            Http("POST", o.TRAIN_JOBS, {"kind": "TrainJob", "metadata": {"name": "a"}}, expect=400),
            Http("POST", o.TRAIN_JOBS, o.train_job("a") | {"kind": "Nothing"}, expect=422),
            Http("POST", o.TRAIN_JOBS, o.train_job("a") | {"apiVersion": "trainer.kubeflow.org/v9"}, expect=400),
            Http("POST", o.TRAIN_JOBS, o.inference_service("a"), expect=400),
            Http("POST", o.TRAIN_JOBS, {**o.train_job("a"), "metadata": "x"}, expect=400),
            Http("POST", o.TRAIN_JOBS, {**o.train_job("a"), "spec": "x"}, expect=422),
            Http("POST", o.TRAIN_JOBS, {**o.train_job("a"), "spec": None}, expect=201),
        ),
        needs_crds=True,
    ),
    Case(
        "bad-content-types",
        (
            Http("POST", o.CONFIG_MAPS, o.config_map("a"), content_type="text/plain", expect=415),
            Http("POST", o.CONFIG_MAPS, o.config_map("a"), content_type="application/xml", expect=415),
            Http("POST", o.CONFIG_MAPS, o.config_map("a"), content_type="nonsense", expect=415),
            Http("POST", o.CONFIG_MAPS, o.config_map("a"), content_type="application/json; charset=utf-8", expect=201),
            Http("POST", o.CONFIG_MAPS, "a: [", content_type="application/yaml", expect=400),
            Http("POST", o.CONFIG_MAPS, "\ta: b", content_type="application/yaml", expect=400),
            Http(
                "POST",
                o.CONFIG_MAPS,
                "kind: ConfigMap\napiVersion: v1\nmetadata: {name: w}\ndata: {a: yes}\n",
                content_type="application/yaml",
                expect=400,
            ),
            Http(
                "POST",
                o.CONFIG_MAPS,
                "kind: ConfigMap\napiVersion: v1\nmetadata: {name: z}\ndata: {a: 'yes'}\n",
                content_type="application/yaml",
                expect=201,
            ),
            Http("POST", o.CONFIG_MAPS, o.config_map("b"), content_type=o.MERGE, expect=415),
            Http("POST", o.CONFIG_MAPS, _SCALARS, content_type="application/yaml", expect=201),
            Http("POST", o.CONFIG_MAPS, _SCALARS.replace("1:30", "089"), content_type="application/yaml", expect=400),
            Http("POST", o.CONFIG_MAPS, _BOMB, content_type="application/yaml", expect=400),
        ),
    ),
    Case(
        "bad-yaml-custom",
        (
            Http("POST", o.TRAIN_JOBS, "a: [", content_type="application/yaml", expect=400),
            Http(
                "POST",
                o.TRAIN_JOBS,
                _JOB + "metadata: {name: y}\nspec: {runtimeRef: {name: r}, suspend: yes}\n",
                content_type="application/yaml",
                expect=400,
            ),
            Http(
                "POST",
                o.TRAIN_JOBS,
                _JOB + "metadata: {name: z}\nspec: {runtimeRef: {name: r}, suspend: yes}\n",
                content_type="application/yaml",
                expect=201,
            ),
            Http("POST", o.TRAIN_JOBS, o.train_job("a"), content_type="text/plain", expect=415),
        ),
        needs_crds=True,
    ),
    Case(
        "bad-sizes",
        (
            Http("POST", o.CONFIG_MAPS, o.config_map("fits", {"a": "x" * 1_000_000}), expect=201),
            Http("POST", o.CONFIG_MAPS, o.config_map("big", {"a": "x" * (1024 * 1024 + 1)}), expect=422),
            Http("POST", o.CONFIG_MAPS, o.config_map("huge", {"a": "x" * 4_000_000}), expect=413),
            Http("PATCH", f"{o.CONFIG_MAPS}/fits", {"data": {"b": "x" * 100_000}}, content_type=o.MERGE, expect=422),
            Kubectl("get cm -o name"),
        ),
    ),
    Case(
        "bad-sizes-custom",
        (
            Http("POST", o.TRAIN_JOBS, o.train_job("fits", {"trainer": {"args": ["x" * 1_000_000]}}), expect=201),
            Http("POST", o.TRAIN_JOBS, o.train_job("huge", {"trainer": {"args": ["x" * 4_000_000]}}), expect=413),
            Kubectl("get trainjobs -o name"),
        ),
        needs_crds=True,
    ),
    Case(
        "bad-methods",
        (
            Http("PUT", o.CONFIG_MAPS, {}, expect=405),
            Http("PATCH", o.CONFIG_MAPS, {}, content_type=o.MERGE, expect=405),
            Http("POST", f"{o.CONFIG_MAPS}/a", {}, expect=405),
            Http("NOTHING", o.CONFIG_MAPS, expect=405),
            Http("OPTIONS", o.CONFIG_MAPS, expect=405),
            Http("DELETE", "/api/v1/namespaces", expect=405),
            Http("DELETE", "/api/v1/configmaps?labelSelector=no=where", expect=405),
            Http("GET", "/nothing", expect=404),
            Http("GET", "/api/v1/namespaces/$ns/configmaps/a/b/c", expect=404),
        ),
    ),
    Case(
        "bad-text",
        (
            Http("POST", o.CONFIG_MAPS, o.config_map("ansi", {"a": f"{_ANSI}red", "b": "naïve ☃ 日本"}), expect=201),
            Http("GET", f"{o.CONFIG_MAPS}/ansi"),
            Kubectl("get cm ansi -o yaml"),
            Http("POST", o.CONFIG_MAPS, o.config_map("key", {"bad key": "x"}), expect=422),
            Http("POST", o.CONFIG_MAPS, o.config_map("key", {"..": "x"}), expect=422),
            Http("POST", o.CONFIG_MAPS, o.config_map("key", {"k" * 254: "x"}), expect=422),
        ),
    ),
)

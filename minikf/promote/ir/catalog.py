"""The pipelines and recurring runs of a platform: objects of pipelines.kubeflow.org, and what only its API knows."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from urllib.parse import quote

from minikf.commands import command
from minikf.errors import Refused
from minikf.promote.discovery import Source
from minikf.promote.ir.names import object_name, version_name
from minikf.promote.model import Object, PipelineIr, RecurringRun, Ref

PAGE = "200"  # the most that upstream gives at once
API_VERSION = "pipelines.kubeflow.org/v2beta1"
# Where Kubeflow Pipelines runs what has no namespace, as on an installation for one user (kubeflow/manifests 26.03).
RUNS = "kubeflow"
_SHOWN = 8
# What of a recurring run means the same on another platform (v2beta1RecurringRun of the API).
_KEPT = ("description", "runtime_config", "service_account", "max_concurrency", "trigger", "mode", "no_catchup")


class Catalog:
    """Everything is asked for once. Its methods raise Unreachable, and ApiAnswer with the API's own words."""

    def __init__(self, source: Source, namespace: str = "") -> None:
        """`namespace` is the one that is looked in; "" is all that the platform shows by itself."""
        self._source = source
        self._namespace = namespace

    @cached_property
    def _objects(self) -> dict[Ref, Object]:
        found = self._source.list("Pipeline", self._namespace)
        return {_ref("Pipeline", obj["metadata"]["name"], obj["metadata"].get("namespace", "")): obj for obj in found}

    @cached_property
    def _uploaded(self) -> dict[Ref, Object]:
        """Pipelines of the API that are no objects. Upstream knows each object by its uid there as well."""
        native = {obj["metadata"].get("uid") for obj in self._objects.values()}
        found = self._pages("pipelines", "pipelines", namespace=self._namespace)
        named = {
            _ref("Pipeline", one.get("name") or one["display_name"], one.get("namespace", "")): one for one in found
        }
        return {ref: one for ref, one in named.items() if one["pipeline_id"] not in native and ref not in self._objects}

    @cached_property
    def _recurring(self) -> dict[Ref, list[Object]]:
        found: dict[Ref, list[Object]] = {}
        for one in self._pages("recurringruns", "recurringRuns", namespace=self._namespace):
            found.setdefault(_ref("RecurringRun", one["display_name"], one.get("namespace", "")), []).append(one)
        return found

    def pipelines(self) -> list[Ref]:
        return sorted({*self._objects, *self._uploaded})

    def recurring_runs(self) -> list[Ref]:
        return sorted(self._recurring)

    def pipeline(self, ref: Ref, version: str = "") -> PipelineIr:
        """A version by its name, else the newest. Raises Refused where there is none."""
        versions = self._versions(ref)
        if version:
            chosen = [one for one in versions if version in (_name(one), one["spec"].get("displayName"))]
        else:
            chosen = sorted(versions, key=_made)[-1:]
        if not chosen:
            raise self._no_version(ref, version, [_name(one) for one in sorted(versions, key=_made)])
        if len(chosen) > 1:
            raise Refused(
                f"pipeline '{ref.name}' has {len(chosen)} versions that are called '{version}'",
                cause=f"their names are {', '.join(sorted(map(_name, chosen)))}",
                advice=command(f"promote pipeline/{ref.name}@{_name(chosen[0])} --out promote", self._source.platform),
            )
        return self._ir(ref, chosen[0])

    def recurring(self, ref: Ref) -> tuple[RecurringRun, PipelineIr]:
        """A recurring run with the pipeline that it runs. Raises Refused where several are called so, where its
        pipeline is gone, and where it is none of v2."""
        known = self._recurring[ref]
        if len(known) > 1:
            raise Refused(
                f"'{ref.name}' means {len(known)} recurring runs",
                cause=f"all are called so: {', '.join(sorted(one['recurring_run_id'] for one in known))}",
                advice="give one of them another name: make it anew, and delete the other",
            )
        (run,) = known
        ir, version = self._of_run(ref, run)
        spec = {key: run[key] for key in _KEPT if run.get(key) not in (None, "", {})}
        spec["experiment"] = self._experiment(run)
        spec["pipeline"] = {"name": ir.name, **({"version": version} if version else {})}
        document = {
            "apiVersion": "minikf/v1alpha1",
            "kind": "RecurringRun",
            "metadata": {"name": ref.name},
            "spec": {key: value for key, value in sorted(spec.items()) if value != ""},
        }
        return RecurringRun(ref.name, ref.namespace, ir.name, version, document), ir

    def _of_run(self, ref: Ref, run: Object) -> tuple[PipelineIr, str]:
        """The pipeline of a recurring run, and the name of the version where it is bound to one."""
        told = run.get("pipeline_version_reference") or {}
        if not told:
            document = run.get("pipeline_spec") or {}
            name = str((_documents(document)[0].get("pipelineInfo") or {}).get("name") or ref.name)
            made = _object(name, "", {"pipeline_spec": document})
            pipeline = Ref("Pipeline", name, ref.namespace)
            return PipelineIr(name, "", ref.namespace, False, _pipeline(pipeline, {}), made), ""
        owner = next((each for each in self.pipelines() if self._id(each) == told.get("pipeline_id")), None)
        wanted = told.get("pipeline_version_id") or ""
        if owner is None:
            raise Refused(
                f"RecurringRun {ref.name} runs a pipeline that does not exist",
                cause=f"pipeline_version_reference names the pipeline {told.get('pipeline_id')}",
                advice=command("pipeline list", self._source.platform),
            )
        if not wanted:
            return self.pipeline(owner), ""
        for one in self._versions(owner):
            if one["metadata"].get("uid") == wanted:
                return self._ir(owner, one), _name(one)
        raise self._no_version(owner, wanted, [_name(one) for one in self._versions(owner)])

    def _id(self, ref: Ref) -> str:
        native = self._objects.get(ref)
        return str(native["metadata"].get("uid", "") if native else self._uploaded[ref]["pipeline_id"])

    def _versions(self, ref: Ref) -> list[Object]:
        """Versions as objects, whatever they are here; `metadata.uid` is their identity in the API."""
        if ref in self._objects:
            found = self._source.list("PipelineVersion", ref.namespace)
            return [one for one in found if one["spec"].get("pipelineName") == ref.name]
        path = f"pipelines/{quote(self._id(ref), safe='')}/versions"
        return [_object(ref.name, _said_name(one), one) for one in self._pages(path, "pipeline_versions")]

    def _ir(self, ref: Ref, version: Object) -> PipelineIr:
        native = self._objects.get(ref)
        name = _name(version)
        if not (version["spec"].get("pipelineSpec") or {}).get("root"):
            raise Refused(
                f"version '{name}' of pipeline '{ref.name}' has no document of Kubeflow Pipelines v2",
                cause="it was compiled for v1, or its document lies elsewhere",
                advice="compile it with kfp 2 and upload it anew; then promote again",
            )
        spec = {
            key: version["spec"][key]
            for key in ("codeSourceURL", "description", "displayName", "pipelineSpec", "platformSpec")
            if version["spec"].get(key)
        }
        called = name if native else version_name(ref.name, name)
        if called != name:
            spec.setdefault("displayName", name)
        made = {
            "apiVersion": API_VERSION,
            "kind": "PipelineVersion",
            "metadata": {"name": called},
            "spec": dict(sorted((spec | {"pipelineName": object_name(ref.name)}).items())),
        }
        return PipelineIr(ref.name, name, ref.namespace, native is not None, self._pipeline(ref), made)

    def _pipeline(self, ref: Ref) -> Object:
        native = self._objects.get(ref)
        if native is not None:
            return _pipeline(ref, native.get("spec") or {})
        told = self._uploaded[ref]
        return _pipeline(ref, {"displayName": told.get("display_name"), "description": told.get("description")})

    def _experiment(self, run: Object) -> str:
        """Its name: identities are of this platform."""
        found = self._source.ask_pipelines(f"experiments/{quote(run.get('experiment_id') or '', safe='')}")
        return str((found or {}).get("display_name") or "")

    def _pages(self, path: str, key: str, **query: str) -> Iterator[Object]:
        token = ""
        while True:
            page = self._source.ask_pipelines(path, **query, page_size=PAGE, page_token=token) or {}
            yield from page.get(key) or ()
            token = page.get("next_page_token") or ""
            if not token:
                return

    def _no_version(self, ref: Ref, wanted: str, names: list[str]) -> Refused:
        shown = ", ".join(names[-_SHOWN:])
        return Refused(
            f"pipeline '{ref.name}' has no version '{wanted}'" if wanted else f"pipeline '{ref.name}' has no version",
            cause=f"it has {shown}" if names else "nothing was uploaded to it yet",
            advice=command(
                f"promote pipeline/{ref.name} --out promote" if names else "pipeline list", self._source.platform
            ),
        )


def _ref(kind: str, name: str, namespace: str) -> Ref:
    return Ref(kind, name, namespace or RUNS)


def _pipeline(ref: Ref, spec: Object) -> Object:
    name = object_name(ref.name)
    kept = {key: spec[key] for key in ("description", "displayName") if spec.get(key)}
    if kept.get("displayName") == name:
        del kept["displayName"]
    if name != ref.name:
        kept.setdefault("displayName", ref.name)
    made = {"apiVersion": API_VERSION, "kind": "Pipeline", "metadata": {"name": name}}
    return made | ({"spec": dict(sorted(kept.items()))} if kept else {})


def _object(pipeline: str, name: str, told: Object) -> Object:
    """A version of the API as the object that it would be."""
    document, platform = _documents(told.get("pipeline_spec") or {})
    spec = {
        "pipelineName": object_name(pipeline),
        "displayName": told.get("display_name") if told.get("display_name") != name else "",
        "description": told.get("description"),
        "codeSourceURL": told.get("code_source_url"),
        "pipelineSpec": document,
        "platformSpec": platform,
    }
    metadata = {
        "name": name or object_name(pipeline),
        "uid": told.get("pipeline_version_id", ""),
        "creationTimestamp": told.get("created_at", ""),
    }
    made = {key: value for key, value in spec.items() if value}
    return {"apiVersion": API_VERSION, "kind": "PipelineVersion", "metadata": metadata, "spec": made}


def _documents(told: Object) -> tuple[Object, Object]:
    """The API gives both documents as one where there are two, else the first."""
    if "pipeline_spec" in told:
        return told["pipeline_spec"] or {}, told.get("platform_spec") or {}
    return told, {}


def _said_name(told: Object) -> str:
    return str(told.get("name") or told.get("display_name") or "")


def _name(version: Object) -> str:
    return str(version["metadata"]["name"])


def _made(version: Object) -> tuple[str, str]:
    return str(version["metadata"].get("creationTimestamp") or ""), _name(version)

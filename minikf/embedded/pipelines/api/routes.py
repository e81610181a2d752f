"""The API's paths below `/apis/v2beta1`: all of kfp_server_api 2.17's services but those that have no part here.

Artifacts and their tasks are as upstream's `backend/api/v2beta1/artifact.proto` has them, which no released client
knows yet; what is below `minikf/` is our own.
"""

from __future__ import annotations

import re

from minikf.embedded.pipelines.api import artifacts, experiments, pipelines, recurring, runs, uploads
from minikf.embedded.pipelines.api.call import Answer, Call, Handler, Service
from minikf.embedded.pipelines.api.errors import UNIMPLEMENTED, ApiFailure, not_found

_ABSENT = {
    "visualizations": "visualizations are made by upstream's visualization server; open the artifact's file instead",
    "scheduledworkflows": "it is how upstream's own agents report to it",
    "workflows": "it is how upstream's own agents report to it",
}


async def _healthz(service: Service, call: Call) -> Answer:
    return {"multi_user": False, "pipeline_store": "database"}


async def _auth(service: Service, call: Call) -> Answer:
    """Whoever came this far has the platform's credential, which opens everything."""
    return {}


_TABLE: dict[str, dict[str, Handler]] = {
    "healthz": {"GET": _healthz},
    "auth": {"GET": _auth},
    "artifacts": {"GET": artifacts.list_all},
    "artifacts/{artifact_id}": {"GET": artifacts.get},
    "artifact_tasks": {"GET": artifacts.list_tasks},
    "minikf/lineage": {"POST": artifacts.lineage},  # a question in a body: KFP's API has no such thing
    "experiments": {"GET": experiments.list_all, "POST": experiments.create},
    "experiments/{experiment_id}": {"GET": experiments.get, "DELETE": experiments.delete},
    "experiments/{experiment_id}:archive": {"POST": experiments.archive},
    "experiments/{experiment_id}:unarchive": {"POST": experiments.unarchive},
    "pipelines": {"GET": pipelines.list_all, "POST": pipelines.create},
    "pipelines/create": {"POST": pipelines.create_with_version},
    "pipelines/upload": {"POST": uploads.upload},
    "pipelines/upload_version": {"POST": uploads.upload_version},
    "pipelines/names/{name}": {"GET": pipelines.get_named},
    "pipelines/{pipeline_id}": {"GET": pipelines.get, "PATCH": pipelines.update, "DELETE": pipelines.delete},
    "pipelines/{pipeline_id}/versions": {"GET": pipelines.list_versions, "POST": pipelines.create_version},
    "pipelines/{pipeline_id}/versions/{version_id}": {
        "GET": pipelines.get_version,
        "PATCH": pipelines.update_version,
        "DELETE": pipelines.delete_version,
    },
    "runs": {"GET": runs.list_all, "POST": runs.create},
    "runs/{run_id}": {"GET": runs.get, "DELETE": runs.delete},
    "runs/{run_id}:archive": {"POST": runs.archive},
    "runs/{run_id}:unarchive": {"POST": runs.unarchive},
    "runs/{run_id}:terminate": {"POST": runs.terminate},
    "runs/{run_id}:retry": {"POST": runs.retry},
    "recurringruns": {"GET": recurring.list_all, "POST": recurring.create},
    "recurringruns/{recurring_run_id}": {"GET": recurring.get, "DELETE": recurring.delete},
    "recurringruns/{recurring_run_id}:enable": {"POST": recurring.enable},
    "recurringruns/{recurring_run_id}:disable": {"POST": recurring.disable},
}


def _pattern(path: str) -> re.Pattern[str]:
    # A pipeline's name may have colons; an id has none, or its verb would be part of it.
    named = path.replace("{name}", "(?P<name>[^/]+)")
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/:]+)", named))


_ROUTES = [(_pattern(path), handlers) for path, handlers in _TABLE.items()]


def route(method: str, path: str) -> tuple[Handler, dict[str, str]]:
    """The handler for a path below the version, and the ids in it. Raises ApiFailure."""
    for pattern, handlers in _ROUTES:
        match = pattern.fullmatch(path)
        if match is not None:
            if method not in handlers:
                message = f"{method} is not allowed here, only {', '.join(handlers)}"
                raise ApiFailure(UNIMPLEMENTED, message, status=405)
            return handlers[method], match.groupdict()
    reason = _ABSENT.get(path.partition("/")[0])
    if reason is not None:
        raise ApiFailure(UNIMPLEMENTED, f"this platform has no /{path.partition('/')[0]}", reason)
    raise not_found(f"the pipelines API has no path '{path[:80]}'")

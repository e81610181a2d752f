"""The model registry as lists show it: models, versions and the files of each, by the registry's own REST API."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from minikf.errors import Refused
from minikf.kube.rest import ApiAnswer, RestClient
from minikf.kube.shapes import Object, mapping, mappings
from minikf.plan import EMBEDDED
from minikf.spec import Access
from minikf.views.text import plain

_PATH = "/api/model_registry/v1alpha3"
# Its service as kubeflow/manifests 26.03 installs it (minikf.install.doors names the file).
_SERVICE = f"/api/v1/namespaces/kubeflow/services/model-registry-service:8080/proxy{_PATH}"
_PAGE = 100
MOST = 2000
# How long the files of versions are asked for, one call for each version; what is not asked by then stays unknown.
FILES_SECONDS = 4.0


@dataclass(frozen=True)
class Artifact:
    """A file or folder of a version. `digest` is of its content, "" where the registry was told none."""

    name: str
    uri: str
    format: str
    state: str
    digest: str = ""


@dataclass(frozen=True)
class Version:
    """A model's version. `created` is RFC 3339; `artifacts` is None where they were not asked for."""

    id: str
    model: str
    name: str
    state: str
    author: str
    created: str
    description: str = ""
    artifacts: tuple[Artifact, ...] | None = None

    @property
    def uri(self) -> str:
        """Where the model's first file is; "" for none, or none known."""
        return next((one.uri for one in self.artifacts or () if one.uri), "")


@dataclass(frozen=True)
class Model:
    """A registered model; versions newest first."""

    id: str
    name: str
    state: str
    owner: str
    created: str
    description: str = ""
    versions: tuple[Version, ...] = ()

    @property
    def newest_live(self) -> Version | None:
        """What an InferenceService gets that names no version."""
        return next((one for one in self.versions if one.state == "LIVE"), None)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Registry:
    """What is registered. `partly` says what was left out of a large registry, "" for nothing."""

    models: tuple[Model, ...] = ()
    partly: str = ""

    def model(self, name: str) -> Model | None:
        return next((one for one in self.models if one.name == name), None)

    def versions(self) -> Iterator[Version]:
        for one in self.models:
            yield from one.versions


def registry(access: Access, client: RestClient, files_seconds: float = FILES_SECONDS) -> Registry:
    """All models with their versions and files. Raises Refused where there is no registry, Unreachable, ApiAnswer."""
    root = _SERVICE if access.engine != EMBEDDED else _PATH
    models, more_models = _all(client, f"{root}/registered_models")
    versions, more_versions = _all(client, f"{root}/model_versions")
    read = sorted((_version(one) for one in versions), key=lambda one: (one.created, len(one.id), one.id), reverse=True)
    names = {str(one.get("id")): plain(str(one.get("name", ""))) for one in models}
    read, unasked = _with_files(client, root, read, files_seconds)
    left_out = [f"only the first {MOST:,} {what} were read" for what, more in
                (("models", more_models), ("versions", more_versions)) if more]  # fmt: skip
    if unasked:
        left_out.append(f"the files of {unasked:,} versions were not asked for in {files_seconds:.0f} s")
    by_model: dict[str, list[Version]] = {}
    for one in read:
        by_model.setdefault(one.model, []).append(replace(one, model=names.get(one.model, one.model)))
    found = [_model(one, tuple(by_model.get(str(one.get("id")), ()))) for one in models]
    return Registry(tuple(sorted(found, key=lambda one: one.name)), "; ".join(left_out))


def _all(client: RestClient, path: str) -> tuple[list[Object], bool]:
    """The items of a collection, page by page, and whether there are more than MOST."""
    found: list[Object] = []
    token = ""
    while len(found) < MOST:
        page = _get(client, f"{path}?pageSize={_PAGE}" + (f"&nextPageToken={quote(token, safe='')}" if token else ""))
        found += mappings(page.get("items"))
        token = str(page.get("nextPageToken") or "")
        if not token:
            return found, False
    return found[:MOST], True


def _get(client: RestClient, path: str) -> Object:
    try:
        return client.get(path)
    except ApiAnswer as answer:
        if answer.status not in (HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE):
            raise
        raise Refused(
            "this platform has no model registry that answers",
            cause=answer.message,
            advice="minikf addon list",
        ) from answer


def _with_files(client: RestClient, root: str, versions: list[Version], seconds: float) -> tuple[list[Version], int]:
    """The versions with their files, as far as the time goes, and how many are without."""
    done: list[Version] = []
    end = time.monotonic() + seconds
    for number, one in enumerate(versions):
        if time.monotonic() > end:
            return [*done, *versions[number:]], len(versions) - number
        path = f"{root}/model_versions/{quote(one.id, safe='')}/artifacts?pageSize={_PAGE}"
        items = mappings(client.get(path).get("items"))
        kept = tuple(_artifact(each) for each in items if each.get("artifactType") == "model-artifact")
        done.append(replace(one, artifacts=kept))
    return done, 0


def _model(found: Object, versions: tuple[Version, ...]) -> Model:
    text = _texts(found)
    return Model(text("id"), text("name"), text("state"), text("owner"), _time(found), text("description"), versions)


def _version(found: Object) -> Version:
    text = _texts(found)
    return Version(
        text("id"), text("registeredModelId"), text("name"), text("state"), text("author"), _time(found),
        text("description"),
    )  # fmt: skip


def _artifact(found: Object) -> Artifact:
    text = _texts(found)
    return Artifact(text("name"), text("uri"), text("modelFormatName"), text("state"), _digest(found))


def _digest(found: Object) -> str:
    """The digest of what MiniKF's own registry stored, as pods of services note it; another registry keeps none."""
    held = mapping(found.get("customProperties"))
    sha256 = str(mapping(held.get("minikf.sha256")).get("string_value") or "")
    kind = "tree-sha256" if mapping(held.get("minikf.content")).get("string_value") == "folder" else "sha256"
    return f"{kind}:{plain(sha256)}" if sha256 else ""


def _texts(found: Object) -> Any:
    return lambda key: plain(str(found.get(key) or ""))


def _time(found: Object) -> str:
    """When something was registered, in RFC 3339; "" where the registry does not say."""
    try:
        seconds = int(str(found.get("createTimeSinceEpoch"))) / 1000
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return ""

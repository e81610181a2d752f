"""What a user means by a name, an address, a hash or an id."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from minikf.errors import Refused, UsageError
from minikf.kube.rest import RestClient
from minikf.lineage.graph import Graph
from minikf.lineage.masking import masked
from minikf.lineage.sources import Sources, pipelines, read
from minikf.lineage.walking import Walker
from minikf.pipelines.api import PipelinesApi

_KINDS = {
    "isvc": "isvc",
    "inferenceservice": "isvc",
    "inferenceservices": "isvc",
    "model": "model",
    "modelversion": "model",
    "run": "run",
    "artifact": "artifact",
    "trainjob": "trainjob",
    "dataset": "artifact",
}
_HASH = re.compile(r"(?:tree-)?(?:sha256:)?[0-9a-f]{64}")

Object = dict[str, Any]


@dataclass(frozen=True)
class Candidate:
    """Something that may be meant: its words for users, and how to make it the focus."""

    words: str
    start: Callable[[Walker], str]


def lineage(client: RestClient, what: str, namespace: str = "", direction: str = "both") -> Graph:
    """The lineage of what a text means; without a `KIND/` before it, of anything that has this name.

    Raises Refused where it is nothing, or several things, Unreachable, ApiAnswer. No secret is in it.
    """
    kind, wanted = _split(what)
    sources = read(client)
    found = candidates(client, sources, kind, wanted, namespace)
    if not found:
        raise Refused(
            f"nothing here is called '{what}'",
            cause="no artifact, model, InferenceService, TrainJob or run has that name, address, hash or id",
            advice="minikf runs list, kubectl get isvc -A",
        )
    if len(found) > 1:
        listed = "; ".join(one.words for one in found[:12])
        more = f"; and {len(found) - 12} more" if len(found) > 12 else ""
        raise Refused(
            f"'{what}' means {len(found)} things",
            cause=listed + more,
            advice=f"say which: minikf lineage {_first(found)}",
        )
    from minikf.promote.secrets import values  # it reads YAML, which a command that cannot answer need not load

    walker = Walker(client, sources)
    graph = walker.graph([found[0].start(walker)], direction)
    return masked(graph, values(sources.secrets))


def candidates(client: RestClient, sources: Sources, kind: str, wanted: str, namespace: str) -> list[Candidate]:
    """Everything that a text may mean, the most telling words first."""
    several: dict[str, Callable[[], list[Candidate]]] = {
        "isvc": lambda: _named("isvc", sources.services, wanted, namespace, Walker.service),
        "model": lambda: _models(sources, wanted),
        "trainjob": lambda: _named("trainjob", sources.trainjobs, wanted, namespace, Walker.trainjob),
        "run": lambda: _runs(client, wanted),
        "artifact": lambda: _artifacts(client, wanted),
    }
    if not kind and _is_content(wanted):
        # A registered model's file and the pipeline's artifact are one thing, and the artifact is the original.
        return several["artifact"]() or several["model"]()
    return [one for name, look in several.items() if kind in ("", name) for one in look()]


def _split(what: str) -> tuple[str, str]:
    head, slash, rest = what.partition("/")
    if slash and head.lower() in _KINDS and rest:
        return _KINDS[head.lower()], rest
    if not what.strip():
        raise UsageError("lineage of what?", advice="minikf lineage isvc/NAME")
    return "", what


def _is_content(wanted: str) -> bool:
    """Whether a text is an address or a hash rather than a name."""
    return wanted.startswith("/") or ":/" in wanted or _HASH.fullmatch(wanted) is not None


def _named(
    kind: str, objects: list[Object], wanted: str, namespace: str, start: Callable[[Walker, Object], str]
) -> list[Candidate]:
    def candidate(one: Object) -> Candidate:
        words = f"{kind}/{one['metadata']['namespace']}/{one['metadata']['name']}"
        return Candidate(words, lambda walker: start(walker, one))

    def is_meant(one: Object) -> bool:
        metadata = one["metadata"]
        names = (metadata["name"], f"{metadata['namespace']}/{metadata['name']}")
        return wanted in names and namespace in ("", metadata["namespace"])

    return [candidate(one) for one in objects if is_meant(one)]


def _models(sources: Sources, wanted: str) -> list[Candidate]:
    """A version by NAME/VERSION, NAME's newest live one, or those with a file of this address or digest."""
    found = []
    for model in sources.models:
        name = model["model"]["name"]
        for version in model["versions"]:
            files = version["artifacts"]
            is_meant = wanted == f"{name}/{version['name']}" or (wanted == name and version["newestLive"])
            is_file = any(wanted in (one.get("uri"), one["digest"]) for one in files if one)
            if is_meant or (is_file and wanted):
                found.append(_model(name, version))
    return found


def _model(name: str, version: Object) -> Candidate:
    return Candidate(f"model/{name}/{version['name']}", lambda walker: walker.model(name, version))


def _runs(client: RestClient, wanted: str) -> list[Candidate]:
    ids = [str(one["run_id"]) for one in PipelinesApi(client).matching("run", wanted)]
    # A run that was deleted is known by its artifacts, where other runs use them.
    answer = pipelines(client, "downstream", run_ids=ids or ([wanted] if "-" in wanted else []))
    return [_run(one) for one in answer["runs"] if one["run_id"] in (ids or [wanted])]


def _run(one: Object) -> Candidate:
    about = "deleted" if one["deleted"] else f"{one['display_name']}, {one['created_at']}"
    words = f"run/{one['run_id']} ({about})"
    return Candidate(words, lambda walker: walker.run(one))


def _artifacts(client: RestClient, wanted: str) -> list[Candidate]:
    """By id, address, content or name; the newest first. Of several rows at one address the newest is meant."""
    if _HASH.fullmatch(wanted):
        asked = {"sha256": [wanted.rpartition(":")[2]]}
    elif wanted.isascii() and wanted.isdecimal():
        asked = {"artifact_ids": [wanted]}
    elif _is_content(wanted):
        from minikf.lineage.joining import plain

        asked = {"uris": [plain(wanted)]}
    else:
        asked = {"names": [wanted]}
    # Downwards alone, since this only asks what there is, and what was made of a file is less than what it came of.
    answer = pipelines(client, "downstream", **asked)
    seeds = [one for one in answer["artifacts"] if one["artifact_id"] in answer["seeds"]]
    newest = sorted(seeds, key=lambda one: int(one["artifact_id"]), reverse=True)
    if "uris" in asked or "sha256" in asked:
        made = [one for one in newest if one["code_sha256"]]
        newest = (made or newest)[:1] if "uris" in asked else _distinct(made or newest)
    return [_artifact(one) for one in newest]


def _artifact(one: Object) -> Candidate:
    about = f"{one['schema_title']} {one['name']}, run {one['run_id'][:8]}, {one.get('created_at', '')}"
    return Candidate(f"artifact/{one['artifact_id']} ({about})", lambda walker: walker.artifact(one))


def _distinct(found: list[Object]) -> list[Object]:
    """One artifact for each address."""
    return list({one.get("uri"): one for one in reversed(found)}.values())[::-1]


def _first(found: list[Candidate]) -> str:
    return found[0].words.partition(" ")[0]

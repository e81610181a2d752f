"""The v2beta1 REST API of Kubeflow Pipelines through a platform's light client."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlencode

from minikf.errors import Refused
from minikf.kube.rest import ApiAnswer, RestClient

ROOT = "/apis/v2beta1"
PAGE = 200  # the most that upstream gives at once
_PREFIX = 4  # characters of an id that are enough to mean it

Object = dict[str, Any]
Json = Any


class PipelinesApi:
    """Every call may raise Unreachable, or ApiAnswer with the API's own words."""

    def __init__(self, client: RestClient) -> None:
        self.client = client

    def get(self, path: str, **query: str) -> Object:
        return self.client.get(f"{ROOT}/{path}{_query(query)}")

    def call(self, method: str, path: str, body: object = None, **query: str) -> Object:
        return self.client.call(method, f"{ROOT}/{path}{_query(query)}", body)

    def every(self, path: str, key: str, limit: int = 0, **query: str) -> Iterator[Object]:
        """The items of all pages, `limit` of them at most (0 for all)."""
        token, count = "", 0
        while True:
            size = str(min(PAGE, limit - count) if limit else PAGE)
            page = self.get(path, **query, page_size=size, **({"page_token": token} if token else {}))
            for item in page.get(key) or []:
                yield item
                count += 1
            token = page.get("next_page_token") or ""
            if not token or (limit and count >= limit):
                return

    def run_now(self, run_id: str) -> Object:
        """The run with its tasks as they are now: the API would else wait for its end for a moment."""
        return self.client.call("GET", f"{ROOT}/runs/{quote(run_id, safe='')}", None, {"Prefer": "wait=0"})

    def run(self, wanted: str) -> Object:
        """The run with this id, the beginning of one, or this name. Raises Refused unless there is exactly one."""
        return self.run_now(str(self._found("run", wanted)["run_id"]))

    def pipeline(self, wanted: str) -> Object:
        """The pipeline with this id, the beginning of one, or this name. Raises Refused."""
        return self._found("pipeline", wanted)

    def versions(self, pipeline_id: str) -> list[Object]:
        """The versions of a pipeline, newest first."""
        found = self.every(f"pipelines/{quote(pipeline_id, safe='')}/versions", "pipeline_versions")
        return sorted(found, key=lambda one: str(one.get("created_at", "")), reverse=True)

    def experiment(self, name: str) -> Object | None:
        """The experiment of this name."""
        return next(self.every("experiments", "experiments", filter=_filter("display_name", name)), None)

    def matching(self, kind: str, wanted: str) -> list[Object]:
        """The runs or pipelines ("run", "pipeline") with this id, else with this name, else whose id begins so."""
        exact = self._by_id(f"{kind}s", wanted)
        if exact is not None:
            return [exact]
        # The platform looks: a run's item holds its whole specification, so a list of all runs would be long.
        names = ("display_name", "name") if kind == "pipeline" else ("display_name",)
        for name in names:
            found = list(self.every(f"{kind}s", f"{kind}s", filter=_filter(name, wanted)))
            if found:
                return found
        if len(wanted) < _PREFIX:
            return []
        inside = self.every(f"{kind}s", f"{kind}s", filter=_filter(f"{kind}_id", wanted, "IS_SUBSTRING"))
        return [one for one in inside if str(one[f"{kind}_id"]).startswith(wanted)]

    def _found(self, kind: str, wanted: str) -> Object:
        found = self.matching(kind, wanted)
        if len(found) > 1:
            raise _ambiguous(kind, wanted, found)
        if not found:
            listing = "minikf runs list" if kind == "run" else "minikf pipeline list"
            raise Refused(f"there is no {kind} '{wanted}'", cause="no id and no name is that", advice=listing)
        return found[0]

    def _by_id(self, plural: str, wanted: str) -> Object | None:
        if len(wanted) != 36 or "/" in wanted:  # ids are UUIDs
            return None
        try:
            if plural == "runs":
                return self.run_now(wanted)
            return self.get(f"{plural}/{quote(wanted, safe='')}")
        except ApiAnswer as answer:
            if answer.status == 404:
                return None
            raise


def _ambiguous(kind: str, wanted: str, found: list[Object]) -> Refused:
    listed = ", ".join(
        f"{one[f'{kind}_id']} ({one.get('state') or one.get('display_name')}, {one.get('created_at', '')})"
        for one in found[:10]
    )
    more = f" and {len(found) - 10} more" if len(found) > 10 else ""
    return Refused(
        f"'{wanted}' means {len(found)} {kind}s", cause=f"{listed}{more}", advice="say one of the ids, or its beginning"
    )


def _filter(key: str, value: str, operation: str = "EQUALS") -> str:
    import json

    return json.dumps({"predicates": [{"operation": operation, "key": key, "string_value": value}]})


def _query(query: Mapping[str, str]) -> str:
    said = {key: value for key, value in query.items() if value}
    return f"?{urlencode(said)}" if said else ""

"""Kubeflow's own compiled pipelines, run by the unmodified `kfp.Client`: each ends as upstream's suites say it does."""

from __future__ import annotations

import json
import re
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from minikf.paths import PlatformPaths
from minikf.spec import Access
from tests.embedded.pipelines.upstream import CLAIM, SECRETS, End, end_of, needs_network
from tests.unit.pipelines.plan.player import upstream_pipelines

kfp = pytest.importorskip("kfp")
server_api = pytest.importorskip("kfp_server_api")

VALID = upstream_pipelines("valid", ".yaml", ".zip")
INVALID = upstream_pipelines("invalid", ".yaml", ".zip", ".png")
pytestmark = pytest.mark.skipif(not VALID, reason="no mirror of Kubeflow's files; name it with MINIKF_UPSTREAM")
_KINDS = {
    "SUCCEEDED": "succeeding as documented",
    "REFUSED": "refused with the reason",
    "FAILED": "failing as documented",
    "CANCELED": "terminated",
}
SAMPLE = ("concat_message", "ignore_upstream_failure", "oneof", "retry")


@pytest.fixture
def client(platform: Access, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    monkeypatch.setattr(kfp.Client, "_LOCAL_KFP_CONTEXT", str(tmp_path / "context.json"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield kfp.Client(
            host=platform.server,
            existing_token=platform.token.read_text(),
            ssl_ca_cert=str(platform.ca),
            namespace="default",
        )


@pytest.fixture
def cluster(platform: Access) -> None:
    """What upstream's suites make before their runs."""
    kubernetes = pytest.importorskip("kubernetes")
    core = kubernetes.client.CoreV1Api(kubernetes.config.new_client_from_config(str(platform.kubeconfig)))
    for name, data in SECRETS.items():
        core.create_namespaced_secret("default", {"metadata": {"name": name}, "stringData": data})
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "5Mi"}}}
    core.create_namespaced_persistent_volume_claim("default", {"metadata": {"name": CLAIM}, "spec": spec})


def outcome(client: Any, path: Path, end: End) -> tuple[str, str, str]:
    """How a file ends: state, run id ("" for none), and what was said of it. Raises TimeoutError for one that hangs."""
    try:
        run = client.create_run_from_pipeline_package(str(path), arguments=dict(end.arguments), enable_caching=False)
    except server_api.ApiException as refused:
        return "REFUSED", "", json.loads(refused.body)["message"]
    if end.state == "CANCELED":
        while client.get_run(run.run_id).state == "PENDING":
            time.sleep(0.1)
        client.terminate_run(run.run_id)
        while client.get_run(run.run_id).state != "CANCELED":  # the SDK's wait does not end on it
            time.sleep(0.1)
        return "CANCELED", run.run_id, ""
    ended = client.wait_for_run_completion(run.run_id, timeout=300)
    return ended.state, run.run_id, ended.error.message if ended.error else ""


def outputs(run_id: str) -> list[Any]:
    """What the run's steps returned."""
    files = (PlatformPaths.of("default").artifacts / run_id).glob("**/executor_output.json")
    return [value for file in files for value in json.loads(file.read_text()).get("parameterValues", {}).values()]


def compared(client: Any, path: Path, end: End) -> tuple[str, str]:
    """(the kind of its end for the counts, what is not as it should be: "" for nothing)."""
    state, run_id, said = outcome(client, path, end)
    if state == "FAILED" and end.needs and re.search(end.needs, said):
        return "failing for want of what they need", ""
    if state != end.state or end.reason not in said:
        return "different", f"{path.stem}: {state} instead of {end.state}: {said}"
    if end.output is not None and end.output not in outputs(run_id):
        return "different", f"{path.stem}: no step returned {end.output!r}, but {outputs(run_id)}"
    if not end.check():
        return "different", f"{path.stem}: its steps did not do what they should"
    return _KINDS[end.state], ""


def test_a_sample_ends_as_upstream_says(client: Any, tmp_path: Path) -> None:
    chosen = [path for path in VALID if path.stem.removeprefix("local_execution_pipeline_with_") in SAMPLE]
    assert len(chosen) >= len(SAMPLE)
    assert [told for path in chosen if (told := compared(client, path, end_of(path, tmp_path))[1])] == []


@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.stem)
def test_what_is_invalid_is_refused_with_its_reason(client: Any, path: Path) -> None:
    with pytest.raises(server_api.ApiException) as refused:
        client.upload_pipeline(str(path), pipeline_name=path.stem)
    told = json.loads(refused.value.body)
    assert refused.value.status == 400 and told["code"] == 3 and len(told["message"]) > 20
    assert "Traceback" not in told["message"]


@pytest.mark.slow
def test_the_whole_suite_ends_as_upstream_says(client: Any, cluster: None, tmp_path: Path) -> None:
    """Needs the network: some steps install packages. MINIKF_UPSTREAM may name a folder with all of their files."""
    found: Counter[str] = Counter()
    wrong: list[str] = []
    for path in VALID:
        kind, told = compared(client, path, end_of(path, tmp_path))
        wrong += [told] if told else []
        found[kind] += 1
    print(f"{len(VALID)} valid files, {sum(map(needs_network, VALID))} of them install packages: {dict(found)}")
    assert not wrong

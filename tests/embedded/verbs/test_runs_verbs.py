"""`minikf run`, `minikf runs` and `minikf pipeline` on a real platform."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from minikf.errors import ExitCode
from minikf.kube.rest import RestClient
from minikf.spec import Access
from tests.embedded.homes import Home
from tests.embedded.verbs.conftest import Minikf, pipeline

ROOT = "/apis/v2beta1"


def test_a_run_is_followed_step_by_step(minikf: Minikf, tmp_path: Path) -> None:
    file = pipeline(tmp_path, "follow-me", "echo first line; echo 1 > $OUT", "cat $IN; echo 2 > $OUT")
    said = minikf("run", str(file), "--follow", "--no-cache", "--name", "followed")
    assert "is SUCCEEDED after" in said.out
    told = said.err.splitlines()
    assert [line.split(":")[0] for line in told if line.startswith("ok ")] == ["ok s0", "ok s1"]
    shown = minikf("runs", "show", "followed", "--json").json
    assert shown["state"] == "SUCCEEDED"
    logs = minikf("runs", "logs", shown["run_id"][:8]).out.splitlines()
    assert logs == ["[s0] first line", "[s1] 1"]
    (line,) = minikf("runs", "logs", "followed", "s1", "--json").out.splitlines()
    assert json.loads(line)["line"] == "1"
    assert "it has s0, s1" in minikf("runs", "logs", "followed", "s9", code=ExitCode.REFUSED).err
    listed = minikf("runs", "list", "--json").json["runs"]
    assert shown["run_id"] in [one["run_id"] for one in listed]
    assert "STEP" in minikf("runs", "show", "followed").out
    minikf("runs", "delete", "followed")
    assert "there is no run 'followed'" in minikf("runs", "show", "followed", code=ExitCode.REFUSED).err


def test_a_root_in_object_storage_is_told(minikf: Minikf, tmp_path: Path) -> None:
    file = pipeline(tmp_path, "rooted", "echo 1 > $OUT")
    document = yaml.safe_load(file.read_text())
    file.write_text(yaml.safe_dump({**document, "defaultPipelineRoot": "s3://bucket/runs"}))
    said = minikf("run", str(file), "--wait", "--json")
    assert said.json["state"] == "SUCCEEDED"
    assert said.err.strip().endswith("root s3://bucket/runs is for a cluster; outputs are kept on this machine")
    file.write_text(yaml.safe_dump({**document, "defaultPipelineRoot": str(tmp_path / "root")}))
    said = minikf("run", str(file), "--wait", "--json", "--no-cache")
    assert "cluster" not in said.err and (tmp_path / "root" / "rooted" / said.json["run_id"] / "s0").is_dir()


def test_a_dry_run_prints_what_would_be_sent(minikf: Minikf, api: RestClient, tmp_path: Path) -> None:
    count = {"parameterType": "NUMBER_INTEGER"}
    file = pipeline(tmp_path, "dry", "true", count=count)
    before = api.get(f"{ROOT}/runs?page_size=200")["total_size"]
    arguments = ("run", str(file), "--arg", "count=3", "--name", "dry one", "--dry-run")
    body = yaml.safe_load(minikf(*arguments).out)
    assert body == json.loads(minikf(*arguments, "-o", "json").out)
    assert body["runtime_config"] == {"parameters": {"count": 3}}
    assert api.get(f"{ROOT}/runs?page_size=200")["total_size"] == before
    made = api.call("POST", f"{ROOT}/runs", body)
    really = minikf("run", str(file), "--arg", "count=3", "--name", "dry two", "--wait", "--json").json
    fields = ("pipeline_spec", "runtime_config", "experiment_id")
    assert [made[name] for name in fields] == [really[name] for name in fields]
    assert "is no form" in minikf(*arguments, "-o", "table", code=ExitCode.USAGE).err


def test_a_run_that_fails_is_told_and_tried_again(minikf: Minikf, tmp_path: Path) -> None:
    flag = tmp_path / "flag"
    file = pipeline(tmp_path, "failing", "echo 1 > $OUT", f"echo bad luck; test -e {flag} && echo 1 > $OUT")
    said = minikf("run", str(file), "-f", "--name", "fails", "--json", code=ExitCode.WORK_FAILED)
    events = [json.loads(line) for line in said.err.splitlines()]
    assert ("s1", "failed") in [(one.get("what"), one.get("state")) for one in events]
    assert events[-1]["error"] == "WorkFailed" and "s1: " in events[-1]["cause"]
    flag.touch()
    minikf("runs", "retry", "fails")
    assert "is SUCCEEDED" in minikf("runs", "follow", "fails").out
    told = minikf("runs", "retry", "fails", code=ExitCode.REFUSED).err
    assert "only failed or canceled runs are retried" in told
    assert "fails" in minikf("runs", "list", "--state", "succeeded", "--limit", "200").out


def test_ctrl_c_leaves_the_run_and_says_how_to_go_on(
    minikf: Minikf, session_home: Home, api: RestClient, tmp_path: Path
) -> None:
    file = pipeline(tmp_path, "endless", "sleep 600")
    follower = session_home.start("run", str(file), "-f", "--name", "endless")
    assert follower.stderr is not None
    while "s0: runs in pod" not in follower.stderr.readline():
        assert follower.poll() is None
    follower.send_signal(signal.SIGINT)
    _out, err = follower.communicate(timeout=30)
    assert follower.returncode == ExitCode.INTERRUPTED
    assert "goes on without you" in err and "minikf runs cancel " in err and "Traceback" not in err
    run = minikf("runs", "show", "endless", "--json").json
    assert run["state"] == "RUNNING"
    minikf("runs", "cancel", "endless")
    deadline = time.monotonic() + 30
    while api.get(f"{ROOT}/runs/{run['run_id']}")["state"] != "CANCELED":
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert "is over" in minikf("runs", "cancel", "endless", code=ExitCode.REFUSED).err


def test_names_that_mean_several_runs(minikf: Minikf, tmp_path: Path) -> None:
    file = pipeline(tmp_path, "twins", "true")
    first, second = (minikf("run", str(file), "--name", "twin", "--json").json["run_id"] for _ in range(2))
    told = minikf("runs", "show", "twin", code=ExitCode.REFUSED).err
    assert first in told and second in told and "means 2 runs" in told
    assert minikf("runs", "show", second, "--json").json["run_id"] == second


def test_a_pipeline_is_uploaded_run_and_deleted(minikf: Minikf, tmp_path: Path) -> None:
    file = pipeline(tmp_path, "kept", "true", n={"parameterType": "NUMBER_INTEGER"})
    dry = yaml.safe_load(minikf("pipeline", "upload", str(file), "--version", "v1", "--dry-run").out)
    assert dry["pipeline"] == {"display_name": "kept"} and dry["pipeline_version"]["display_name"] == "v1"
    minikf("pipeline", "upload", str(file), "--version", "v1")
    more = yaml.safe_load(minikf("pipeline", "upload", str(file), "--version", "v2", "--dry-run").out)
    made = minikf("pipeline", "upload", str(file), "--version", "v2", "--json").json
    assert more["pipeline_id"] == made["pipeline_id"] and more["pipeline_spec"] == made["pipeline_spec"]
    shown = minikf("pipeline", "show", "kept", "--json").json
    assert [one["display_name"] for one in shown["pipeline_versions"]] == ["v2", "v1"]
    assert "takes n (a whole number)" in minikf("pipeline", "show", "kept").out
    assert "kept" in minikf("pipeline", "list").out
    run = minikf("run", "kept", "-a", "n=2", "--experiment", "new one", "--wait", "--json").json
    assert run["pipeline_version_reference"]["pipeline_version_id"] == made["pipeline_version_id"]
    assert minikf("runs", "list", "--experiment", "new one", "--json").json["runs"][0]["run_id"] == run["run_id"]
    assert minikf("pipeline", "runs", "kept", "--json").json["runs"][0]["run_id"] == run["run_id"]
    assert "needs a value for n" in minikf("run", "kept", code=ExitCode.USAGE).err
    minikf("pipeline", "delete", "kept")
    assert "there is no pipeline 'kept'" in minikf("run", "kept", code=ExitCode.REFUSED).err


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"schemaVersion": "1.0"}, "schemaVersion"),
        ({"components": {}}, "comp-s0"),
        ({"deploymentSpec": {"executors": {"exec-s0": {"container": {"image": "x"}}}}}, "command"),
    ],
)
def test_what_the_platform_refuses_is_told_in_its_words(
    change: dict[str, Any], words: str, minikf: Minikf, tmp_path: Path
) -> None:
    file = pipeline(tmp_path, "refused", "true")
    file.write_text(json.dumps({**json.loads(file.read_text()), **change}))
    said = minikf("run", str(file), code=ExitCode.REFUSED)
    assert words in said.err and "Traceback" not in said.err


def test_a_daemon_that_is_down(home: Home, tmp_path: Path) -> None:
    file = pipeline(tmp_path, "alone", "true")
    assert "pipelineInfo" in home.minikf("run", str(file), "--dry-run").stdout
    for arguments in (("run", str(file)), ("runs", "list"), ("lineage", "x")):
        told = home.minikf(*arguments, code=ExitCode.UNREACHABLE).stderr
        assert "minikf up" in told


def test_following_ends_where_the_run_is_deleted(platform: Access, minikf: Minikf, tmp_path: Path) -> None:
    file = pipeline(tmp_path, "vanishing", "sleep 600")
    run_id = minikf("run", str(file), "--json").json["run_id"]
    minikf("runs", "delete", run_id)
    assert "no run" in minikf("runs", "follow", run_id, code=ExitCode.REFUSED).err

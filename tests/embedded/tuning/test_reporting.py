"""Trials that report by Katib's db-manager: the collectors Push and Custom, and who may not."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import grpc
import pytest

from minikf.embedded.tuning.dbmanager.address import PORT, host_of
from minikf.spec import Access
from tests.embedded.daemon.process import DaemonProcess
from tests.embedded.tuning import katibwire
from tests.embedded.tuning.test_real_trials import create, ended, experiment, last, trials_of
from tests.embedded.wire import Wire

WIRE = Path(katibwire.__file__).resolve()
LOAD = f"import os, sys; sys.path.insert(0, {str(WIRE.parent)!r}); import katibwire\n"
PUSH = {"collector": {"kind": "Push"}}


async def address_of(wire: Wire) -> str:
    found: str = (await wire.ask("GET", "/katib/db_manager")).json["address"]
    return found


async def test_trials_push_their_metrics(platform: Access, tmp_path: Path) -> None:
    """At the same time, each for itself; the name of a cluster's db-manager is what their pods know."""
    wire = Wire(platform)
    code = f"""{LOAD}
name, x = os.environ["KATIB_TRIAL_NAME"], "X"
assert open("/var/run/secrets/kubernetes.io/serviceaccount/namespace").read() == "default"
for step in range(3):
    katibwire.report(name, {{"loss": str(float(x) + step), "other": "nan"}})
seen = katibwire.call(katibwire.DEFAULT, "GetObservationLog", trial_name=name, metric_name="loss")
assert len(seen.observation_log.metric_logs) == 3
from kubernetes import client, config
config.load_incluster_config()
client.CoreV1Api().list_namespaced_pod("default")
"""
    made = experiment("push", code, metricsCollectorSpec=PUSH, parallelTrialCount=2, maxTrialCount=3)
    made["spec"]["objective"]["additionalMetricNames"] = ["other"]
    await create(wire, made)
    done = await ended(wire, "push")
    assert last(done)["reason"] == "ExperimentMaxTrialsReached", (done["status"], await trials_of(wire, "push"))
    trials = await trials_of(wire, "push")
    for trial in trials:
        (x,) = (float(one["value"]) for one in trial["spec"]["parameterAssignments"])
        loss, other = trial["status"]["observation"]["metrics"]
        assert (float(loss["min"]), float(loss["latest"])) == (x, x + 2)
        assert other == {"name": "other", "min": "unavailable", "max": "unavailable", "latest": "nan"}
    # From outside of pods its user may read, as KatibClient.get_trial_metrics does, and nobody may write.
    address, name = await address_of(wire), trials[0]["metadata"]["name"]
    reply = await asyncio.to_thread(katibwire.call, address, "GetObservationLog", trial_name=name)
    assert [one.metric.name for one in reply.observation_log.metric_logs] == ["loss", "other"] * 3
    for method in ("ReportObservationLog", "DeleteObservationLog"):
        with pytest.raises(grpc.RpcError, match="processes of its own running pods") as refused:
            await asyncio.to_thread(katibwire.call, address, method, trial_name=name)
        assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED  # type: ignore[attr-defined]
    with pytest.raises(grpc.RpcError, match="there is no Trial none"):
        await asyncio.to_thread(katibwire.call, address, "GetObservationLog", trial_name="none")
    with pytest.raises(grpc.RpcError, match="start_time is not RFC 3339"):
        await asyncio.to_thread(katibwire.call, address, "GetObservationLog", trial_name=name, start_time="now")


async def test_a_trial_cannot_report_for_another(platform: Access) -> None:
    wire = Wire(platform)
    code = f"""{LOAD}
import time, kubernetes
mine = os.environ["KATIB_TRIAL_NAME"]
katibwire.report(mine, {{"loss": "0.5"}})
kubernetes.config.load_kube_config()
api = kubernetes.client.CustomObjectsApi()
def others():
    found = api.list_namespaced_custom_object("kubeflow.org", "v1beta1", "default", "trials")["items"]
    of_this = (one["metadata"]["name"] for one in found if one["metadata"]["name"].startswith("two-"))
    return [name for name in of_this if name != mine]
while not others():
    time.sleep(0.05)
try:
    katibwire.report(others()[0], {{"loss": "-1"}})
except Exception as error:
    assert "PERMISSION_DENIED" in str(error), error
else:
    raise SystemExit("reported for another; x = X")
"""
    made = experiment("two", code, metricsCollectorSpec=PUSH, parallelTrialCount=2, maxTrialCount=2)
    await create(wire, made)
    done = await ended(wire, "two")
    assert last(done)["reason"] == "ExperimentMaxTrialsReached", (done["status"], await trials_of(wire, "two"))
    assert [one["status"]["observation"]["metrics"][0]["min"] for one in await trials_of(wire, "two")] == ["0.5"] * 2


async def test_a_collector_of_the_users_own_runs_beside_the_trial(platform: Access) -> None:
    """It reads what the trial writes in the volume that they share, and reports by the name in its arguments."""
    wire = Wire(platform)
    collect = f"""{LOAD}
import time
while not os.path.exists("/katib/done"):
    time.sleep(0.02)
for line in open("/katib/metrics.txt"):
    name, value = line.split()
    katibwire.report(os.environ["TRIAL"], {{name: value}}, sys.argv[1])
"""
    field = {"fieldRef": {"fieldPath": "metadata.labels['katib.kubeflow.org/trial']"}}
    collector = {
        "name": "own-collector",
        "image": "any",
        "command": ["python3", "-c", collect],
        "args": [katibwire.DEFAULT],
        "env": [{"name": "TRIAL", "valueFrom": field}],
    }
    spec = {
        "collector": {"kind": "Custom", "customCollector": collector},
        "source": {"fileSystemPath": {"path": "/katib/metrics.txt", "kind": "File"}},
    }
    write = "open('/katib/metrics.txt', 'w').write('loss 0.75\\nloss X\\n'); open('/katib/done', 'w')"
    await create(wire, experiment("own", write, metricsCollectorSpec=spec, maxTrialCount=2, parallelTrialCount=2))
    done = await ended(wire, "own")
    assert last(done)["reason"] == "ExperimentMaxTrialsReached", (done["status"], await trials_of(wire, "own"))
    for trial in await trials_of(wire, "own"):
        (metric,) = trial["status"]["observation"]["metrics"]
        assert metric["latest"] == trial["spec"]["parameterAssignments"][0]["value"]


async def test_a_train_job_pushes(platform: Access) -> None:
    wire = Wire(platform)
    code = f"{LOAD}katibwire.report(os.environ['KATIB_TRIAL_NAME'], {{'loss': 'X'}})"
    made = experiment("push-train", code, metricsCollectorSpec=PUSH)
    template = made["spec"]["trialTemplate"]
    (container,) = template["trialSpec"]["spec"]["template"]["spec"]["containers"]
    trainer = {"command": container["command"], "numNodes": 1}
    spec = {"runtimeRef": {"name": "torch-distributed"}, "trainer": trainer}
    template["trialSpec"] = {"apiVersion": "trainer.kubeflow.org/v1alpha1", "kind": "TrainJob", "spec": spec}
    template["primaryContainerName"] = "node"
    await create(wire, made)
    done = await ended(wire, "push-train")
    assert last(done)["reason"] == "ExperimentMaxTrialsReached", (done["status"], await trials_of(wire, "push-train"))


async def test_a_trial_fails_with_the_reason_where_the_address_is_taken(tmp_path: Path) -> None:
    daemon = DaemonProcess(tmp_path, controllers=True, extra={"MINIKF_WARM": "0"})
    wire = await daemon.start()
    try:
        with socket.socket() as taken:
            taken.bind((host_of(daemon.database.parents[4] / "state/minikf/platforms/default"), PORT))
            taken.listen()
            await create(wire, experiment("taken", "x = X", metricsCollectorSpec=PUSH, maxFailedTrialCount=0))
            assert last(await ended(wire, "taken"))["type"] == "Failed"
        (trial,) = await trials_of(wire, "taken")
        assert "db-manager does not listen on" in last(trial)["message"], trial["status"]
        assert "its log is" in last(trial)["message"]
    finally:
        daemon.stop()


async def test_what_is_reported_while_the_daemon_is_dead_is_kept(tmp_path: Path) -> None:
    """The db-manager's process outlives the daemon: a report waits for the next one, and its trial with it."""
    begun, go, told = (tmp_path / one for one in ("begun", "go", "told"))
    code = f"""{LOAD}
import time
name = os.environ["KATIB_TRIAL_NAME"]
katibwire.report(name, {{"loss": "0.5"}})
open({str(begun)!r}, "w")
while not os.path.exists({str(go)!r}):
    time.sleep(0.02)
katibwire.report(name, {{"loss": "0.25"}}); x = X
open({str(told)!r}, "w")
"""
    daemon = DaemonProcess(tmp_path, controllers=True, extra={"MINIKF_WARM": "0"})
    wire = await daemon.start()
    try:
        await create(wire, experiment("lost", code, metricsCollectorSpec=PUSH))
        async with asyncio.timeout(60):
            while not begun.exists():
                await asyncio.sleep(0.02)
        address = await address_of(wire)
        daemon.kill()
        go.touch()
        await asyncio.sleep(0.5)
        assert not told.exists(), "nobody could have kept it"
        wire = await daemon.start()
        done = await ended(wire, "lost")
        (metric,) = done["status"]["currentOptimalTrial"]["observation"]["metrics"]
        assert (metric["max"], metric["min"]) == ("0.5", "0.25")
        assert await address_of(wire) == address
    finally:
        daemon.stop()
    assert not listens(address), "the db-manager outlived the platform"


def listens(address: str) -> bool:
    host, _, port = address.partition(":")
    with socket.socket() as probe:
        return probe.connect_ex((host, int(port))) == 0

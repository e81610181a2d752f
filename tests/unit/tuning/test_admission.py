"""What is refused before anything starts, by the field that is wrong; and Katib's own examples."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from minikf.embedded.kinds import EXPERIMENT, TRIAL, of
from minikf.embedded.status import ApiError
from tests.unit.controllers.conftest import Object, Plane
from tests.unit.tuning.conftest import experiment, job, trials, upstream_experiments

Change = Callable[[dict[str, Any]], object]


def template(spec: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = spec["trialTemplate"]
    return found


def pod(spec: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = template(spec)["trialSpec"]["spec"]["template"]["spec"]
    return found


def command(*words: str) -> Change:
    return lambda spec: pod(spec)["containers"][0].update(command=[*words, "${trialParameters.rate}"])


def custom(container: Any, place: Any = None) -> dict[str, Any]:
    """A metricsCollectorSpec of the kind Custom."""
    spec: dict[str, Any] = {"collector": {"kind": "Custom"}}
    if container is not None:
        spec["collector"]["customCollector"] = container
    return {**spec, "source": {"fileSystemPath": place}} if place else spec


WRONG: list[tuple[str, Change, str]] = [
    ("no objective", lambda s: s.pop("objective"), r"spec\.objective: Required"),
    ("no type", lambda s: s["objective"].pop("type"), r"spec\.objective\.type: .*minimize or maximize"),
    ("no metric", lambda s: s["objective"].pop("objectiveMetricName"), r"spec\.objective\.objectiveMetricName: Req"),
    ("goal as text", lambda s: s["objective"].update(goal="high"), r"spec\.objective\.goal: .*type number"),
    ("strategy", lambda s: s["objective"].update(metricStrategies=[{"name": "loss", "value": "mean"}]), r"value: Uns"),
    ("no algorithm", lambda s: s.pop("algorithm"), r"spec\.algorithm\.algorithmName: Required"),
    ("algorithm", lambda s: s["algorithm"].update(algorithmName="guess"), r"spec\.algorithm\.algorithmName: .*guess"),
    ("a setting", lambda s: s["algorithm"].update(algorithmSettings=[{"name": "x", "value": "1"}]), r"spec\.algorithm"),
    ("nas", lambda s: (s.pop("parameters"), s.update(nasConfig={}), s["algorithm"].update(algorithmName="enas")),
     r"spec\.algorithm.*enas"),
    ("darts", lambda s: s["algorithm"].update(algorithmName="darts"), r"spec\.algorithm.*darts"),
    ("stopping", lambda s: s.update(earlyStopping={"algorithmName": "now"}), r"spec\.earlyStopping"),
    ("a typo", lambda s: s.update(maxTrialCont=3), r'unknown field "spec\.maxTrialCont"'),
    ("count as text", lambda s: s.update(maxTrialCount="3"), r"spec\.maxTrialCount: .*32-bit integer"),
    ("no trials", lambda s: s.update(maxTrialCount=0), r"spec\.maxTrialCount: .*greater than 0"),
    ("too parallel", lambda s: s.update(parallelTrialCount=9), r"spec\.parallelTrialCount: .*less than or equal"),
    ("failures", lambda s: s.update(maxFailedTrialCount=-1), r"spec\.maxFailedTrialCount: .*less than 0"),
    ("resume", lambda s: s.update(resumePolicy="Always"), r"spec\.resumePolicy"),
    ("no parameters", lambda s: s.update(parameters=[]), r"spec\.parameters or spec\.nasConfig"),
    ("type", lambda s: s["parameters"][0].update(parameterType="float"), r"spec\.parameters\[0\]\.parameterType"),
    ("no space", lambda s: s["parameters"][0].pop("feasibleSpace"), r"spec\.parameters\[0\]\.feasibleSpace: Required"),
    ("list as distribution", lambda s: s["parameters"][0].update(feasibleSpace={"distribution": ["a"]}),
     r"feasibleSpace\.distribution: .*belongs in feasibleSpace\.list"),
    ("no max", lambda s: s["parameters"][0]["feasibleSpace"].pop("max"), r"feasibleSpace\.max: Required"),
    ("max below min", lambda s: s["parameters"][0]["feasibleSpace"].update(max="0.01"), r"spec\.parameters"),
    ("text as min", lambda s: s["parameters"][0]["feasibleSpace"].update(min="low"), r"spec\.parameters"),
    ("twice", lambda s: s["parameters"].append(s["parameters"][0]), r"spec\.parameters\[1\]\.name"),
    ("no template", lambda s: s.pop("trialTemplate"), r"spec\.trialTemplate: Required"),
    ("no container", lambda s: template(s).pop("primaryContainerName"), r"\.primaryContainerName: Required"),
    ("other container", lambda s: template(s).update(primaryContainerName="x"), r"primaryContainerName: there is no"),
    ("no job", lambda s: template(s).pop("trialSpec"), r"spec\.trialTemplate: Required value: trialSpec or configMap"),
    ("no parameter", lambda s: template(s).update(trialParameters=[]), r"\$\{trialParameters\.rate\}"),
    ("reference", lambda s: template(s)["trialParameters"][0].update(reference="mu"), r"\[0\]\.reference: .*mu"),
    ("meta", lambda s: template(s)["trialParameters"].append({"name": "n", "reference": "${trialSpec.Age}"}), r"\[1\]"),
    ("name", lambda s: template(s)["trialSpec"].update(metadata={"name": "x"}), r"metadata\.name and metadata\.name"),
    ("kind", lambda s: template(s)["trialSpec"].pop("kind"), r"trialTemplate\.successCondition: Required"),
    ("no version", lambda s: template(s)["trialSpec"].pop("apiVersion"), r"APIVersion and Kind"),
    ("condition", lambda s: template(s).update(successCondition="status.#("), r"trialTemplate\.successCondition"),
    ("other kind", lambda s: template(s).update(
        trialSpec={"apiVersion": "kubeflow.org/v1", "kind": "MXJob", "x": "${trialParameters.rate}"},
        successCondition="a", failureCondition="b"), r"spec\.trialTemplate\.trialSpec: .*MXJob.*PyTorchJob.*k3d"),
    ("bad job", lambda s: pod(s).update(restartPolicy="Sometimes"), r"trialTemplate\.trialSpec: .*restartPolicy"),
    ("job typo", lambda s: pod(s)["containers"][0].update(comand=["x"]), r"trialTemplate\.trialSpec: .*comand"),
    ("image only", lambda s: pod(s)["containers"][0].update(
        command=None, args=["${trialParameters.rate}"]), r"entrypoint of image some/image.*k3d"),
    ("script of an image", command("python3", "/opt/none/train.py"), r"runs /opt/none/train\.py.*k3d"),
    ("relative script", command("python3", "-u", "train.py"), r"runs \./train\.py.*k3d"),
    ("program of an image", command("no-such-program"), r"runs no-such-program.*k3d"),
    ("collector", lambda s: s.update(metricsCollectorSpec={"collector": {"kind": "Pull"}}), r"collector\.kind: .*Pull"),
    ("custom", lambda s: s.update(metricsCollectorSpec=custom(None)), r"customCollector: Required.*kind: Custom"),
    ("custom image", lambda s: s.update(metricsCollectorSpec=custom(
        {"name": "mc", "image": "some/mc", "args": ["-m"]})), r"customCollector: .*entrypoint of image some/mc.*k3d"),
    ("custom typo", lambda s: s.update(metricsCollectorSpec=custom({"name": "mc", "comand": ["x"]})), r"comand"),
    ("custom program", lambda s: s.update(metricsCollectorSpec=custom(
        {"name": "mc", "image": "i", "command": ["no-such-program"]})),
     r"collector\.customCollector: .*runs no-such-program.*k3d"),
    ("custom name", lambda s: s.update(metricsCollectorSpec=custom(
        {"name": template(s)["primaryContainerName"], "command": ["true"]})), r"customCollector\.name: .*this name"),
    ("custom volume", lambda s: s.update(metricsCollectorSpec=custom({"name": "mc", "image": "i", "command": ["true"],
        "volumeMounts": [{"name": "v", "mountPath": "/v"}]})), r"volumeMounts\[0\]\.name: .*no volume of this name"),
    ("custom without image", lambda s: s.update(metricsCollectorSpec=custom({"name": "mc", "command": ["true"]})),
     r"customCollector: Forbidden: image: Required"),
    ("events over all", lambda s: s.update(metricsCollectorSpec={"collector": {"kind": "TensorFlowEvent"},
        "source": {"fileSystemPath": {"path": "/"}}}), r"path: .*mounted at /, which would hide"),
    ("file over all", lambda s: s.update(metricsCollectorSpec={"collector": {"kind": "File"},
        "source": {"fileSystemPath": {"path": "/m.log"}}}), r"path: .*mounted at /, which would hide"),
    ("custom place", lambda s: s.update(metricsCollectorSpec=custom(
        {"name": "mc", "command": ["true"]}, {"path": "m.log", "kind": "File"})), r"source is invalid"),
    ("filter", lambda s: s.update(
        metricsCollectorSpec={"source": {"filter": {"metricsFormat": ["("]}}}), r"metricsFormat: .*invalid filter"),
    ("one group", lambda s: s.update(
        metricsCollectorSpec={"source": {"filter": {"metricsFormat": [r"(\w+)"]}}}), r"two top subexpressions"),
    ("relative file", lambda s: s.update(metricsCollectorSpec={
        "collector": {"kind": "File"}, "source": {"fileSystemPath": {"path": "m.log"}}}), r"fileSystemPath\.path"),
    ("folder as text", lambda s: s.update(metricsCollectorSpec="File"), r"spec\.metricsCollectorSpec: .*object"),
]  # fmt: skip


async def test_refused_by_its_field(plane: Plane) -> None:
    """All in one control plane, which takes longer to make than all of them take."""
    for what, change, message in WRONG:
        obj = copy.deepcopy(experiment())
        change(obj["spec"])
        with pytest.raises(ApiError, match=message) as refused:
            await plane.objects.create(EXPERIMENT, "default", obj)
        assert refused.value.code == 400, what
        assert "validator.experiment.katib.kubeflow.org" in refused.value.message, what
    assert plane.names(EXPERIMENT) == []


async def test_names(plane: Plane) -> None:
    for name in ("a" * 41, "1a", "a.b"):
        with pytest.raises(ApiError, match=r"metadata\.name"):
            await plane.create(EXPERIMENT, experiment(name))


async def test_what_is_no_experiment_or_trial(plane: Plane) -> None:
    specs: list[Any] = [None, [], "x", {"runSpec": 3}, {}, {"trialTemplate": {"trialSpec": {"kind": 3}}}]
    for spec in [*specs, {"parameters": [None]}]:
        for kind in (EXPERIMENT, TRIAL):
            with pytest.raises(ApiError):
                await plane.create(kind, {"metadata": {"name": "t"}, "spec": spec})


async def test_a_script_in_a_volume_is_not_missed(plane: Plane) -> None:
    obj = experiment(template={"trialSpec": job(["python3", "/code/train.py", "${trialParameters.rate}"])})
    spec = obj["spec"]["trialTemplate"]["trialSpec"]["spec"]["template"]["spec"]
    spec["volumes"] = [{"name": "code", "configMap": {"name": "code"}}]
    spec["containers"][0]["volumeMounts"] = [{"name": "code", "mountPath": "/code"}]
    await plane.create(EXPERIMENT, obj)
    assert len(trials(plane)) == 2


def documents(path: Path) -> list[Object]:
    return [one for one in yaml.safe_load_all(path.read_text()) if one]


@pytest.mark.skipif(not upstream_experiments(), reason="no mirror of Katib's files; name it with MINIKF_UPSTREAM")
async def test_katibs_own_examples(plane: Plane, capsys: pytest.CaptureFixture[str]) -> None:
    """Their training code lies in images, so each is refused before it starts, by the command and with a way out; with
    the same command run by Python on this machine each is taken."""
    refused = taken = 0
    for path in upstream_experiments():
        for obj in documents(path):
            kind = of(obj["apiVersion"], obj["kind"])
            assert kind is EXPERIMENT, path
            with pytest.raises(ApiError) as error:
                await plane.create(kind, copy.deepcopy(obj), obj["metadata"]["namespace"])
            assert "runs /opt/pytorch-mnist/mnist.py, which is not on this machine" in error.value.message, path
            assert "minikf up --engine k3d" in error.value.message, path
            refused += 1
            text = yaml.safe_dump(obj).replace("/opt/pytorch-mnist/mnist.py", str(Path(__file__)))
            await plane.objects.create(kind, obj["metadata"]["namespace"], yaml.safe_load(text))
            taken += 1
    with capsys.disabled():
        print(
            f"\nKatib's examples: {refused} valid, {refused} refused with the reason, {taken} taken with a local script"
        )
    assert refused == taken == len(upstream_experiments())

"""The best trial of an experiment as a job of its own: what ran as the trial, under a new name. Pure."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from minikf.errors import Refused
from minikf.kube.shapes import Object, mapping, mappings
from minikf.views.trials.experiment import Experiment
from minikf.views.trials.trial import Trial

FROM_TRIAL = "minikf/trial"
"""Annotation of a job that was made of a trial: `experiment/trial`."""
PLAIN_RUNTIME = "plain-python"
_NAME_LENGTH = 50
_TRAINER_FIELDS = ("image", "command", "args", "env")
_JOB_FIELDS_THAT_SAY_NOTHING = frozenset({"restartPolicy", "containers", "terminationGracePeriodSeconds"})


@dataclass(frozen=True)
class BestJob:
    """`job` is the object to create; `left_out` names what the trial had and the job has not."""

    trial: Trial
    job: Object = field(compare=False)
    left_out: tuple[str, ...] = ()

    @property
    def kind(self) -> str:
        return str(self.job.get("kind", ""))

    @property
    def name(self) -> str:
        return str(self.job["metadata"]["name"])

    @property
    def yaml(self) -> str:
        """As `--dry-run` prints it."""
        import yaml

        text: str = yaml.safe_dump(self.job, sort_keys=False)
        return text


def best_job(
    experiment: Experiment, obj: Object, trial: Object | None, *, name: str = "", runtime: str = PLAIN_RUNTIME
) -> BestJob:
    """`obj` is the Experiment, `trial` its best Trial, or None where that is gone: then its template is filled in.

    Trials that are Jobs become TrainJobs on `runtime`; those of other kinds stay what they are. Raises Refused
    without a best trial, or where nothing tells what ran.
    """
    best = experiment.best
    if best is None:
        raise Refused(
            f"experiment {experiment.namespace}/{experiment.name} has no best trial yet",
            cause=experiment.cause or f"no trial has reported a finite {experiment.objective.name}",
            advice=f"minikf experiment show {experiment.name} -n {experiment.namespace}",
        )
    ran = mapping(mapping(mapping(trial).get("spec")).get("runSpec")) or _filled_in(experiment, obj, best)
    primary = str(mapping(mapping(obj.get("spec")).get("trialTemplate")).get("primaryContainerName") or "")
    body, left_out = _of_job(ran, primary, runtime) if ran.get("kind") == "Job" else (_same(ran), ())
    metadata = {
        "name": name or name_of(best),
        "namespace": experiment.namespace,
        "annotations": {FROM_TRIAL: f"{experiment.name}/{best.name}"},
    }
    head = {"apiVersion": body["apiVersion"], "kind": body["kind"], "metadata": metadata}
    return BestJob(best, {**head, "spec": body["spec"]}, left_out)


def name_of(trial: Trial) -> str:
    """A name that says of which trial it is; the same trial gives the same name."""
    return f"{trial.name[: _NAME_LENGTH - len('-best')].rstrip('-')}-best"


def _same(ran: Object) -> Object:
    spec = copy.deepcopy(mapping(ran.get("spec")))
    spec.pop("suspend", None)
    spec.pop("managedBy", None)
    return {"apiVersion": ran.get("apiVersion"), "kind": ran.get("kind"), "spec": spec}


def _of_job(ran: Object, primary: str, runtime: str) -> tuple[Object, tuple[str, ...]]:
    """A batch Job as a TrainJob of one node: what its main container runs."""
    pod = mapping(mapping(mapping(ran.get("spec")).get("template")).get("spec"))
    containers = mappings(pod.get("containers"))
    if not containers:
        raise Refused("the trial's Job has no containers", advice="minikf experiment show NAME --json")
    chosen = next((each for each in containers if each.get("name") == primary), containers[0])
    trainer = {key: copy.deepcopy(chosen[key]) for key in _TRAINER_FIELDS if chosen.get(key)}
    if chosen.get("resources"):
        trainer["resourcesPerNode"] = copy.deepcopy(chosen["resources"])
    left_out = [f"container {each.get('name', '')}" for each in containers if each is not chosen]
    left_out += sorted(set(chosen) - {*_TRAINER_FIELDS, "name", "resources", "imagePullPolicy"})
    left_out += sorted(set(pod) - _JOB_FIELDS_THAT_SAY_NOTHING)
    body = {
        "apiVersion": "trainer.kubeflow.org/v1alpha1",
        "kind": "TrainJob",
        "spec": {"runtimeRef": {"name": runtime, "kind": "ClusterTrainingRuntime"}, "trainer": trainer},
    }
    return body, tuple(left_out)


def _filled_in(experiment: Experiment, obj: Object, best: Trial) -> Object:
    """The template with the values of the best trial in place of `${trialParameters.NAME}`, as Katib fills it in."""
    template = mapping(mapping(obj.get("spec")).get("trialTemplate"))
    ran = template.get("trialSpec")
    if not isinstance(ran, dict):
        raise Refused(
            f"nothing tells what trial {best.name} ran",
            cause="it was deleted, and the experiment's template is not in the experiment itself",
            advice=f"minikf experiment best {experiment.name} -n {experiment.namespace}",
        )
    values = dict(best.parameters)
    named = {
        str(each.get("name", "")): values[str(each.get("reference", ""))]
        for each in mappings(template.get("trialParameters"))
        if each.get("reference") in values
    }
    return mapping(_replaced(ran, named))


def _replaced(value: Any, named: Mapping[str, str]) -> Any:
    text = json.dumps(value)
    for name, chosen in named.items():
        text = text.replace(f"${{trialParameters.{name}}}", json.dumps(chosen)[1:-1])
    return json.loads(text)

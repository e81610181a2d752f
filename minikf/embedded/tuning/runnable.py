"""Whether the job of a trial can run on this engine, which starts processes and no container images.

What can be told before is told before: a command that exists only in an image, a kind of job that is not served.
"""

from __future__ import annotations

import copy
import os
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from minikf.embedded import kinds
from minikf.embedded.controllers.jobset.jobs import make_jobs
from minikf.embedded.controllers.training.admission import reasons_against
from minikf.embedded.controllers.training.frameworks import FRAMEWORKS
from minikf.embedded.controllers.training.runnable import first_pods
from minikf.embedded.controllers.trainjob.build import build_jobset
from minikf.embedded.controllers.trainjob.checks import check_train_job
from minikf.embedded.controllers.trainjob.ports import FIRST_PORT
from minikf.embedded.controllers.trainjob.runnable import reason_not_runnable
from minikf.embedded.defaults import default_object
from minikf.embedded.defaults.generated import generate
from minikf.embedded.kinds import JOB, TRAIN_JOB, TRAINING_KINDS, Kind
from minikf.embedded.mpi.found import is_launcher
from minikf.embedded.schema import schema_for
from minikf.embedded.status import Object
from minikf.embedded.validation import validate_object

ELSEWHERE = "an engine with containers runs it: minikf up --engine k3d"
_INTERPRETER = re.compile(r"(python[\d.]*|torchrun|sh|bash)")
_UID = "00000000-0000-4000-8000-000000000000"  # of a job that is tried and not made
FindRuntime = Callable[[Object], Object | None]


@dataclass(frozen=True)
class Machine:
    """What commands find here: programs by `path` (as in PATH) and files."""

    path: str

    def has_program(self, name: str) -> bool:
        return shutil.which(name, path=self.path) is not None

    def has_file(self, name: str) -> bool:
        return os.path.exists(name)  # noqa: PTH110 - a name out of an object, which may hold a NUL


def job_kind(job: Object) -> Kind | str:
    """The kind of the job that a template makes, or why there is none here."""
    version, name = job.get("apiVersion"), job.get("kind")
    if not isinstance(version, str) or not isinstance(name, str) or not version or not name:
        return "APIVersion and Kind in spec.trialTemplate must be specified"
    kind = kinds.of(version, name)
    if kind in (JOB, TRAIN_JOB, *TRAINING_KINDS):
        return kind
    known = ", ".join(one.kind for one in (JOB, TRAIN_JOB, *TRAINING_KINDS))
    return f"a trial cannot be a {name} of {version} on the embedded engine, only one of {known}; {ELSEWHERE}"


def check_job(job: Object, kind: Kind, container: str, find_runtime: FindRuntime, machine: Machine) -> list[str]:
    """What keeps the job from running here; [] when nothing does. `container` is the primary container's name."""
    made = copy.deepcopy(job)
    made["metadata"]["uid"] = _UID
    wrong = _malformed(made, kind)
    if wrong:
        return [f"invalid {kind.kind}: {', '.join(wrong)}"]
    if kind is JOB:
        return _check_pod(made["spec"]["template"]["spec"], container, machine)
    if kind in FRAMEWORKS:
        return _check_training(made, kind, container, machine)
    runtime = find_runtime(made)
    if runtime is None:
        name = made["spec"]["runtimeRef"]["name"]
        return [f"the runtime {name} of the TrainJob does not exist in this namespace or for all of them"]
    errors = check_train_job(made, None, runtime)
    jobset = build_jobset(made, runtime, FIRST_PORT)
    if not errors and (reason := reason_not_runnable(runtime, jobset)):
        errors = [reason]
    if errors:
        return errors
    pods = [
        one["spec"]["template"]["spec"]
        for replicated in jobset["spec"]["replicatedJobs"]
        for one in make_jobs(jobset, replicated, 0)[:1]
    ]
    names = [one["name"] for pod in pods for one in pod["containers"]]
    if container not in names:
        return [_no_container(container, names)]
    return [error for pod in pods for error in _check_pod(pod, "", machine)]


def _check_training(made: Object, kind: Kind, container: str, machine: Machine) -> list[str]:
    """A job of the Training Operator; the pods whose metrics count must have the primary container, others need not."""
    if reasons := reasons_against(FRAMEWORKS[kind], made, None):
        return reasons
    pods = [pod["spec"] for pod in first_pods(FRAMEWORKS[kind], made)]
    names = list(dict.fromkeys(one["name"] for pod in pods for one in pod["containers"]))
    if container not in names:
        return [_no_container(container, names)]
    return [error for pod in pods for error in _check_pod(pod, "", machine)]


def _malformed(job: Object, kind: Kind) -> list[str]:
    unknown = schema_for(kind).unknown_fields(job, prune=True)
    if kind.is_custom:
        schema_for(kind).default(job)
        causes = schema_for(kind).validate(job)
    else:
        default_object(kind, job)
        generate(kind, job, None)
        causes = validate_object(kind, job)
    return [*unknown, *(f"{cause.field}: {cause.message}" for cause in causes)]


def _no_container(name: str, names: Sequence[str]) -> str:
    return f"spec.trialTemplate.primaryContainerName: there is no container {name!r}, only {', '.join(names)}"


def _check_pod(pod: Object, container: str, machine: Machine) -> list[str]:
    """Commands of a pod; `container` must be among its containers, unless it is ""."""
    names = [one["name"] for one in pod["containers"]]
    if container and container not in names:
        return [_no_container(container, names)]
    return [reason for one in pod["containers"] if (reason := _command_missing(one, machine))]


def _command_missing(container: Object, machine: Machine) -> str:
    command = container.get("command") or []
    about = f"container {container['name']!r}"
    image = container.get("image", "")
    if not command:
        return (
            f"{about} has no command, so it would run the entrypoint of image {image}; the embedded engine runs "
            f"commands, not images: give it a command, or {ELSEWHERE}"
        )
    mounts = ["/" + one["mountPath"].strip("/") for one in container.get("volumeMounts") or []]
    words = [*command, *(container.get("args") or [])]
    for what in _needed(words, container.get("workingDir") or ""):
        if "$(" in what or any(what == mount or what.startswith(f"{mount}/") for mount in mounts):
            continue
        found = machine.has_file(what) if "/" in what else machine.has_program(what)
        if not found:
            return f"{about} runs {what}, which is not on this machine (it may be in image {image}); {ELSEWHERE}"
    return ""


def _needed(words: Sequence[str], folder: str) -> Iterator[str]:
    """The program, and the script that an interpreter is given: what has to be there before the container begins."""
    if is_launcher(words[0]):
        # mpirun is looked for with its job, which may bring its own; what it starts stands somewhere after its options.
        place = next((at for at, word in enumerate(words) if _INTERPRETER.fullmatch(Path(word).name)), None)
        if place is not None:
            yield from _needed(words[place:], folder)
        return
    yield words[0]
    if not _INTERPRETER.fullmatch(Path(words[0]).name):
        return
    for word in words[1:]:
        if word in ("-c", "-m") or (word.startswith("-") and word not in ("-u", "-B", "-O", "-I", "-s", "-E")):
            return  # code of its own, a module, or an option whose value cannot be told from a script
        if not word.startswith("-"):
            if word.startswith("/"):
                yield word
            elif "/" in word or word.endswith((".py", ".sh")):
                # A container's working folder is new and empty, unless a volume or the machine has it.
                yield str(Path(folder or "/nonexistent") / word) if folder else f"./{word}"
            return

"""The TrainJob that `minikf train` creates: what the official SDK's TrainerClient makes of a CustomTrainer. Pure."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from minikf.errors import Refused, UsageError
from minikf.verbs.named import file_stem, named_values
from minikf.verbs.program import Program

API_VERSION = "trainer.kubeflow.org/v1alpha1"
FRAMEWORK = "trainer.kubeflow.org/framework"
# Where a node's Open MPI may write: the SDK's DEFAULT_MPI_USER_HOME.
_MPI_HOME = "/home/mpiuser"
_MPI_LAUNCH = ("mpirun", "--hostfile", "/etc/mpi/hostfile")

Object = dict[str, Any]


def train_job(
    name: str,
    runtime: Mapping[str, Any],
    program: Program,
    *,
    namespace: str = "",
    nodes: int = 0,
    packages: Sequence[str] = (),
    index_urls: Sequence[str] = (),
    env: Mapping[str, str] | None = None,
    resources: Mapping[str, str] | None = None,
    image: str = "",
) -> Object:
    """The object; `runtime` is the TrainingRuntime or ClusterTrainingRuntime that it refers to.

    Raises Refused for a runtime whose trainer takes no program of one's own.
    """
    trainer: Object = {"command": command(runtime, program, packages, index_urls)}
    if nodes:
        trainer["numNodes"] = nodes
    if resources:
        trainer["resourcesPerNode"] = {"limits": dict(resources), "requests": dict(resources)}
    if env:
        trainer["env"] = [{"name": key, "value": value} for key, value in env.items()]
    if image:
        trainer["image"] = image
    metadata = {"name": name, **({"namespace": namespace} if namespace else {})}
    reference = {"name": runtime["metadata"]["name"], "kind": runtime["kind"]}
    return {
        "apiVersion": API_VERSION,
        "kind": "TrainJob",
        "metadata": metadata,
        "spec": {"runtimeRef": reference, "trainer": trainer},
    }


def command(
    runtime: Mapping[str, Any], program: Program, packages: Sequence[str] = (), index_urls: Sequence[str] = ()
) -> list[str]:
    """The container's command by the runtime's ML policy: torchrun, mpirun or python. Raises Refused."""
    if (runtime["metadata"].get("labels") or {}).get(FRAMEWORK) == "torchtune":
        raise Refused(
            f"runtime '{runtime['metadata']['name']}' trains by a configuration of its own, not by a program",
            advice="choose another: kubectl get clustertrainingruntimes",
        )
    policy = runtime["spec"].get("mlPolicy") or {}
    is_mpi = not policy.get("torch") and policy.get("mpi") is not None
    if is_mpi:
        program = Program(program.code, f"{_MPI_HOME}/{program.file}", program.arguments)
    interpreter = "torchrun" if policy.get("torch") is not None else "python"
    return [*(_MPI_LAUNCH if is_mpi else ()), "bash", "-c", _script(program, interpreter, packages, index_urls)]


def _script(program: Program, interpreter: str, packages: Sequence[str], index_urls: Sequence[str]) -> str:
    """Writes the code to its file and runs it.

    Where the shell would change the code inside the SDK's here-document (which expands `$`, backquotes and
    backslashes), the delimiter is quoted, and another one where the code has a line of that name.
    """
    end = "EOM"
    while re.search(rf"^{end}$", program.code, re.MULTILINE):
        end += "_"
    quoted = f"'{end}'" if re.search(r"[$`\\]", program.code) else end
    lines = [
        "",
        f"read -r -d '' SCRIPT << {quoted}",
        "",
        program.code,
        end,
        f'printf "%s" "$SCRIPT" > "{program.file}"',
        f"{interpreter} {program.line}",
    ]
    return _install(packages, index_urls) + "\n".join(lines)


def _install(packages: Sequence[str], index_urls: Sequence[str]) -> str:
    """What installs packages first; pip's own settings say where from, unless addresses are given."""
    if not packages:
        return ""
    names = " ".join(shlex.quote(one) for one in packages)
    where = [f"--index-url {shlex.quote(one)}" for one in index_urls[:1]]
    where += [f"--extra-index-url {shlex.quote(one)}" for one in index_urls[1:]]
    pip = " ".join(["python -m pip install --quiet --no-warn-script-location", *where])
    return f"\n{pip} --user {names} || {pip} {names} || exit 1\n"


def environment(pairs: Sequence[str]) -> dict[str, str]:
    """NAME=VALUE texts. Raises UsageError."""

    def refusal(pair: str) -> UsageError:
        return UsageError(f"'{pair}' is not NAME=VALUE", advice="write it as --env EPOCHS=3")

    return named_values(pairs, refusal, name_pattern=r"[A-Za-z_][A-Za-z0-9_]*")


def job_name(file: str, suffix: str) -> str:
    """A TrainJob's name where none is given: of the file, with a suffix that makes it new."""
    stem = file_stem(file)
    # A TrainJob's name is a label of DNS: it begins with a letter and has room for the names of its pods.
    stem = (stem if stem[:1].isalpha() else f"train-{stem}").strip("-")[:40].strip("-") or "train"
    return f"{stem}-{suffix}"

"""The objects of `minikf train` and `minikf serve`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from minikf.errors import MinikfError, Refused, UsageError
from minikf.verbs.program import LIMIT_BYTES, program
from minikf.verbs.serve import format_of, inference_service, storage_uri
from minikf.verbs.train import command, environment, job_name, train_job

FILE = '''
import os
from pathlib import Path

LIMIT = 3


def fit(rate, epochs=2, *, word="x"):
    """Fits."""
    import json

    print(json.dumps([rate, epochs, word]))


def uses_the_file():
    return [Path(".") for _ in range(LIMIT)]


def with_inner():
    def inner():
        return os.getpid()

    return inner()
'''


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "my_train.py"
    path.write_text(FILE)
    return str(path)


def runtime(**policy: Any) -> dict[str, Any]:
    return {
        "kind": "ClusterTrainingRuntime",
        "metadata": {"name": "plain", "labels": {"trainer.kubeflow.org/framework": "python"}},
        "spec": {"mlPolicy": policy},
    }


def run(script: str, folder: Path) -> str:
    """What the script prints where `python` is this interpreter: a bare Debian has only python3."""
    env = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(["bash", "-c", script], cwd=folder, env=env, capture_output=True, text=True, check=True)
    return done.stdout


def test_a_function_is_called_with_its_arguments(file: str, tmp_path: Path) -> None:
    found = program(f"{file}:fit", ["rate=0.5", "word=a b"])
    (script,) = command(runtime(), found)[2:]
    assert run(script, tmp_path) == '[0.5, 2, "a b"]\n'


def test_a_script_gets_its_arguments_and_its_own_text(tmp_path: Path) -> None:
    path = tmp_path / "script.py"
    path.write_text("import sys\nprint(sys.argv[1:], '$HOME', '`id`', 'a\\\\b')\nEOM = 1\nx = '''\nEOM\n'''\n")
    (script,) = command(runtime(), program(str(path), ["--lr", "0.1 $HOME; false"]))[2:]
    other = tmp_path / "other"
    other.mkdir()
    assert run(script, other) == "['--lr', '0.1 $HOME; false'] $HOME `id` a\\b\n"


@pytest.mark.parametrize(
    ("what", "arguments", "words"),
    [
        ("uses_the_file", [], "it uses LIMIT, Path"),
        ("with_inner", [], "it uses os"),
        ("fit", [], "needs rate"),
        ("fit", ["rate=1", "speed=2"], "does not take speed"),
        ("fit", ["rate"], "not NAME=VALUE"),
        ("none", [], "has no function 'none'"),
        ("not a name", [], "no function's name"),
    ],
)
def test_a_function_that_cannot_run_alone_or_be_called_so(
    what: str, arguments: list[str], words: str, file: str
) -> None:
    with pytest.raises(MinikfError) as caught:
        program(f"{file}:{what}", arguments)
    assert words in f"{caught.value} {caught.value.cause}"


def test_files_that_are_no_program(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no Python file"):
        program(str(tmp_path / "model.bin"), [])
    with pytest.raises(UsageError, match="cannot be read"):
        program(str(tmp_path / "missing.py"), [])
    broken, large = tmp_path / "broken.py", tmp_path / "large.py"
    broken.write_text("def (")
    large.write_text("x = 1\n" * LIMIT_BYTES)
    with pytest.raises(Refused) as caught:
        program(str(broken), [])
    assert caught.value.cause.startswith("line 1")
    with pytest.raises(Refused, match="carries at most"):
        program(str(large), [])


def test_the_policy_chooses_who_starts_the_program(file: str) -> None:
    found = program(file, [])
    assert command(runtime(torch={}), found)[2].endswith('torchrun "my_train.py"')
    mpi = command(runtime(mpi={"numProcPerNode": 2}), found)
    assert mpi[:4] == ["mpirun", "--hostfile", "/etc/mpi/hostfile", "bash"]
    assert mpi[5].endswith('python "/home/mpiuser/my_train.py"')
    tune = runtime()
    tune["metadata"]["labels"]["trainer.kubeflow.org/framework"] = "torchtune"
    with pytest.raises(Refused, match="configuration of its own"):
        command(tune, found)


def test_packages_are_quoted_and_installed_first(file: str) -> None:
    script = command(runtime(), program(file, []), ["a[b]>=1; x"], ["http://one", "http://two"])[2]
    first = script.splitlines()[1]
    assert "--index-url http://one --extra-index-url http://two --user 'a[b]>=1; x'" in first
    assert first.endswith("|| exit 1")


def test_only_what_was_said_is_in_the_object(file: str) -> None:
    job = train_job("j", runtime(), program(file, []))
    assert sorted(job["spec"]["trainer"]) == ["command"]
    more = train_job("j", runtime(), program(file, []), nodes=2, env={"A": "1"}, resources={"cpu": "2"}, image="i")
    assert more["spec"]["trainer"]["resourcesPerNode"] == {"limits": {"cpu": "2"}, "requests": {"cpu": "2"}}
    assert more["spec"]["trainer"]["env"] == [{"name": "A", "value": "1"}]


def test_names_and_variables() -> None:
    assert job_name("dir/My Train_2.py", "abcde") == "my-train-2-abcde"
    assert job_name("2.py", "abcde") == "train-2-abcde"
    assert len(job_name("x" * 100 + ".py", "abcde")) <= 46
    assert environment(["A=1=2", "B="]) == {"A": "1=2", "B": ""}
    for wrong in ("A", "1A=1", "a b=1"):
        with pytest.raises(UsageError):
            environment([wrong])


# -- serve ------------------------------------------------------------------------------------------------------------


def test_what_is_served(tmp_path: Path) -> None:
    model = tmp_path / "a b" / "model.joblib"
    model.parent.mkdir()
    model.write_bytes(b"x")
    assert storage_uri(str(model)) == f"file://{model}"
    assert storage_uri("pvc://claim/x") == "pvc://claim/x"
    assert storage_uri("digits") == "model-registry://digits"
    assert storage_uri("my digits/v 1") == "model-registry://my%20digits/v%201"
    for missing in (str(tmp_path / "none"), "./none", "none.onnx", "a/b/c", "nul\0"):
        with pytest.raises(UsageError):
            storage_uri(missing)


def test_the_format_is_told_by_file_names(tmp_path: Path) -> None:
    for name in ("model.joblib", "notes.txt"):
        (tmp_path / name).write_bytes(b"x")
    assert format_of(f"file://{tmp_path}") == "sklearn"
    assert format_of("https://host/model.onnx") == "onnx"
    (tmp_path / "model.onnx").write_bytes(b"x")
    with pytest.raises(Refused) as caught:
        format_of(f"file://{tmp_path}")
    assert caught.value.cause == "its files are of onnx, sklearn"
    with pytest.raises(Refused, match="not known"):
        format_of("https://host/model")


def test_the_service_says_only_what_was_said() -> None:
    assert inference_service("m", "file:///m", "onnx")["spec"]["predictor"] == {
        "model": {"modelFormat": {"name": "onnx"}, "storageUri": "file:///m"}
    }
    model = inference_service("m", "u", "onnx", protocol="v2", runtime="r")["spec"]["predictor"]["model"]
    assert (model["protocolVersion"], model["runtime"]) == ("v2", "r")

"""Which commands run as a Python program of their own, without the SDK's shell. The SDK itself makes the commands.

(No postponed annotations: the SDK reads them.)
"""

from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from kfp import dsl

from minikf.embedded.pipelines.execution.executorinput import executor_input
from minikf.embedded.pipelines.execution.platform import pod_parts
from minikf.embedded.pipelines.execution.pythonprogram import python_command, python_source
from minikf.embedded.pipelines.execution.steppod import StepPod, step_pod
from minikf.embedded.pipelines.plan.model import Work
from minikf.embedded.pipelines.records import RunRecord, RunState, Values
from minikf.embedded.pipelines.spec.model import Component, ContainerExecutor, Signature

SKLEARN = f"scikit-learn=={metadata.version('scikit-learn')}"


def compiled(**options: Any) -> list[str]:
    """The command that the SDK makes of a component."""

    @dsl.component(base_image="python:3.11", **options)
    def double(number: int) -> int:
        return number * 2

    return list(double.component_spec.implementation.container.command)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"packages_to_install": [SKLEARN, "numpy>1"]},
        {"packages_to_install": ["numpy"], "pip_index_urls": ["https://example.org/simple"]},
        {"install_kfp_package": False},
        {"install_kfp_package": False, "packages_to_install": ["numpy"]},
    ],
)
def test_a_component_whose_packages_are_there_needs_no_shell(options: dict[str, Any]) -> None:
    source = python_source(compiled(**options), {})
    assert source is not None
    assert "def double(number: int)" in source


@pytest.mark.parametrize(
    "options",
    [
        {"packages_to_install": ["numpy==0.1"]},
        {"packages_to_install": ["no-such-package-of-anybody"]},
        {"packages_to_install": ["/some/wheel-1-py3-none-any.whl"]},
        {"packages_to_install": ["git+https://example.org/a.git"]},
        {"packages_to_install": ["numpy"], "use_venv": True},
        {"kfp_package_path": "git+https://example.org/kfp.git"},
    ],
)
def test_what_has_to_be_installed_keeps_its_shell(options: dict[str, Any]) -> None:
    assert python_source(compiled(**options), {}) is None


def test_pips_own_settings_are_pips_to_read() -> None:
    assert python_source(compiled(), {"A": "b"}) is not None
    assert python_source(compiled(), {"PIP_TARGET": "/elsewhere"}) is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("'kfp", "$(touch x) 'kfp"),
        ("'kfp", "`touch x` 'kfp"),
        ("'kfp", "numpy; touch x; python3 -m pip install 'kfp"),
        ("'kfp", "numpy > log 'kfp"),
        ("'kfp", "--target x 'kfp"),
        ("pip install", "pip uninstall"),
        (
            "'kfp",
            "'kfp",
        ),
        ("PIP_DISABLE", "touch x\nPIP_DISABLE"),
        ('"$0" "$@"', '"$0" "$@" && touch x'),
        ('"$0" "$@"', 'cd x && "$0" "$@"'),
        ("'kfp", "'unfinished kfp"),
    ],
)
def test_a_script_that_does_more_keeps_its_shell(old: str, new: str) -> None:
    command = compiled()
    changed = [command[0], command[1], command[2].replace(old, new, 1), *command[3:]]
    is_the_same = changed == command
    assert (python_source(changed, {}) is not None) is is_the_same


def test_another_launcher_keeps_its_shell() -> None:
    command = compiled()
    assert python_source([*command[:-2], command[-2] + "touch x\n", command[-1]], {}) is None
    assert python_source([*command, "more"], {}) is None
    assert python_source([], {}) is None
    assert python_source(["python", "x.py"], {}) is None


def made(command: list[str]) -> StepPod:
    run = RunRecord("11111111-2222-3333-4444-555555555555", "r", "ns", "e", RunState.RUNNING, {})
    executor = ContainerExecutor("exec", "python:3.11", tuple(command), ("--executor_input", "{{$}}"), {"A": "b"})
    work = Work("t", "t", Component("comp"), executor, Values({}), Signature())
    told = executor_input(work.inputs, work.outputs, Path("/root"))
    return step_pod(run, work, "r-t-1", pod_parts(work.platform), told, {}, Path("/p/c.py"))


def test_its_pod_runs_the_program_from_its_file() -> None:
    step = made(compiled())
    (container,) = step.pod["spec"]["containers"]
    assert container["command"] == python_command("/p/c.py")
    assert container["args"][0] == "--executor_input"
    assert {"name": "_KFP_RUNTIME", "value": "true"} in container["env"]
    assert step.source is not None


def test_a_source_may_be_longer_than_an_argument() -> None:
    command = compiled()
    step = made([*command[:-1], command[-1] + "#" * 200_000])
    assert step.source is not None and len(step.source) > 200_000


def test_any_other_command_is_the_pods_own() -> None:
    step = made(["echo", "1"])
    assert step.source is None
    assert step.pod["spec"]["containers"][0]["command"] == ["echo", "1"]

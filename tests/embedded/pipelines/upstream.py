"""Kubeflow's own compiled pipelines: with which arguments each is run, and how it is to end.

Ends are those that upstream's suites of the same release assert: `backend/test/end2end/pipeline_e2e_test.go` (all of
`valid/essential` succeed, with made-up values for parameters without a default) and
`sdk/python/test/local_execution/local_execution_test.py` (arguments and outputs by name).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

# What upstream's suite makes up for a required parameter, by type (backend/test/testutil/pipeline_run_utils.go).
_MADE_UP: dict[str, Any] = {
    "NUMBER_INTEGER": 7,
    "NUMBER_DOUBLE": 0.5,
    "STRING": "some text",
    "BOOLEAN": True,
    "LIST": ["some text"],
    "STRUCT": {"A": "0.5", "B": "0.25"},
}
# A step of another package than the SDK: it comes from an index in the network.
_INSTALLS = re.compile(r"pip install [^&]*?'(?!kfp==|--no-deps|typing-extensions)[A-Za-z]")


@dataclass(frozen=True)
class End:
    """`state` is a run's, or REFUSED for what does not start here, with `reason` in the answer. `output` is what one
    step returns, `check` looks at what the run has left in the folder that `end_of` was given."""

    state: str = "SUCCEEDED"
    arguments: Mapping[str, Any] = field(default_factory=dict)
    output: Any = None
    reason: str = ""
    check: Callable[[], bool] = lambda: True


def end_of(path: Path, folder: Path) -> End:
    """How the run of a valid file ends; files that its steps write go into `folder`."""
    name = path.stem.removeprefix("local_execution_pipeline_with_")
    match name:
        case "concat_message":
            return End(arguments={"message1": "Hello ", "message2": "World!"}, output="Hello World!")
        case "dict_input":
            return End(arguments={"struct": {"test_key": "test_value"}})
        case "lightweight_python_functions_with_outputs":
            words = {"first_message": "Hello", "second_message": " World"}
            return End(arguments={**words, "first_number": 10, "second_number": 20})
        case "exit_handler":
            return End(arguments={"message": "hi"}, output="exit:COMPLETE")
        case "ignore_upstream_failure":
            marker = folder / "marker.txt"
            return End(
                "FAILED",
                {"marker_path": str(marker)},
                check=lambda: marker.exists() and marker.read_text() == "cleanup_ran",
            )
        case "k8s_only_methods":  # upstream's local runner leaves the accelerator out and says so
            return End("REFUSED", {"message": "hello"}, reason="accelerator")
        case "oneof":
            return End(arguments={"pick_a": True}, output="selected:A")
        case "retry":
            return End(arguments={"counter_path": str(folder / "tries")}, output="attempt=2")
        case "pipeline_with_caching":
            return End(arguments={"x": 1}, output=2)
        case "pipeline_with_collected_artifacts":
            return End(output="0,1,2")
    return End(arguments=made_up(path))


def made_up(path: Path) -> dict[str, Any]:
    """Values for the parameters of a pipeline that need one."""
    root = next(yaml.safe_load_all(path.read_text()))["root"]
    parameters = (root.get("inputDefinitions") or {}).get("parameters") or {}
    needed = {name: one for name, one in parameters.items() if "defaultValue" not in one and not one.get("isOptional")}
    return {name: _MADE_UP[one["parameterType"]] for name, one in needed.items()}


def needs_network(path: Path) -> bool:
    return _INSTALLS.search(path.read_text()) is not None

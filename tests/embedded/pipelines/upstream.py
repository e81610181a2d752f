"""Kubeflow's own compiled pipelines: with which arguments each is run, and how it is to end.

Ends are those that upstream's suites of the same release assert. `backend/test/end2end/pipeline_e2e_test.go`: all of
`valid/essential`, `critical` and `parallel_and_nested` succeed, with made-up values for parameters without a default,
and all of `failing` fail. `sdk/python/test/local_execution/local_execution_test.py`: arguments and outputs by name.
Files that no suite of theirs runs end as their source beside them says.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from minikf.embedded.pipelines.spec.documents import read_documents

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
CLAIM = "upstream-suite"
"""A claim that the suite's runner has made: one file mounts the one that its parameter names."""
SECRETS = {
    "test-secret-1": {"username": "user1"},
    "test-secret-2": {"password": "psw1"},
    "test-secret-3": {"password": "psw2"},
}
"""Those that upstream's suite makes for its files."""


@dataclass(frozen=True)
class End:
    """`state` is a run's, or REFUSED for what does not start here, with `reason` in the answer. `output` is what one
    step returns, `check` looks at what the run has left in the folder that `end_of` was given.

    `needs` is what a SUCCEEDED one may lack on a machine, as part of the failure's message: a bucket, a host in the
    network, an operator, a shell that is bash. One that is CANCELED is terminated once it runs.
    """

    state: str = "SUCCEEDED"
    arguments: Mapping[str, Any] = field(default_factory=dict)
    output: Any = None
    reason: str = ""
    check: Callable[[], bool] = lambda: True
    needs: str = ""


# Why files are refused here, and why others fail here or anywhere.
_REFUSED = {
    "container_io": "program 'my_program' is not on this machine",
    "container_with_concat_placeholder": "program 'my_program' is not on this machine",
    "container_with_if_placeholder": "program 'my_program' is not on this machine",
    "container_with_placeholder_in_fstring": "program 'my_program' is not on this machine",
    "container_with_artifact_output": "runs the file 'run.sh', which only its image",
    "containerized_python_component": "code is inside the image",
    "modelcar": "a container image for steps to mount",
    "nvidia_gpu_scheduling_check": "accelerator",
    "pipeline_with_string_machine_fields_pipeline_input": "accelerator",
    "pipeline_with_string_machine_fields_task_output": "accelerator",
    "pipeline_with_condition_dynamic_task_output_custom_training_job": "package 'google_cloud_pipeline_components'",
    "pipeline_with_dynamic_task_output_custom_training_job": "package 'google_cloud_pipeline_components'",
    "pipeline_with_importer_and_gcpc_types": "program 'cmd' is not on this machine",
    "pipeline_with_various_io_types": "runs what the image 'gcr.io/image' starts",
    # Components, not pipelines: nobody can give a run artifacts, or the status of a task.
    "component_with_metadata_fields": "only parameters can be given",
    "input_artifact": "only parameters can be given",
    "pipeline_with_metadata_fields": "only parameters can be given",
    "component_with_task_final_status_GH-12033": "only exit tasks are given one",
}
_FAILED = {
    "fail_v2": "task fail failed",
    "pipeline_with_exit_handler": "fail-op failed",
    "pipeline_with_multiple_exit_handlers": "fail-op failed",
    "pipeline_as_exit_task": "fail-op failed",
    "pipeline_with_task_final_status": "fail-op failed",
    "pipeline_with_task_using_ignore_upstream_failure": "fail-op failed",
    "create_pod_metadata_complex": "is supposed to be None",  # it compares a variable that is not set with ""
    "env-var": "Env var is not set",  # so with a made-up name on a cluster, too
}
_NEEDS = {
    "pipeline_with_importer": "the embedded engine downloads no artifacts",
    "pythonic_artifact_with_single_return": "the embedded engine downloads no artifacts",
    "pipeline_with_google_artifact_type": "aiplatform",  # a package that its test makes up
    "ray_integration_compiled": "task ray-fn failed: exit code 1: PermissionError",  # an operator of Ray
    "upload_download_compiled": "task test-uploaded-artifact failed: exit code 1: json",  # MinIO's secret
    "pipeline_with_artifact_upload_download": "task download-dataset-and-upload-as-artifact failed",
    "pipeline_with_concat_placeholder": r"\[\[: not found",  # sh of its image is busybox
    "sequential_v2": "task download failed",  # gsutil and a bucket
    "two_step_pipeline": "gcs failed",
    "xgboost_sample_pipeline": "task chicago-taxi-trips-dataset failed",
}


_ENDS = {
    "concat_message": End(arguments={"message1": "Hello ", "message2": "World!"}, output="Hello World!"),
    "dict_input": End(arguments={"struct": {"test_key": "test_value"}}),
    "lightweight_python_functions_with_outputs": End(
        arguments={"first_message": "Hello", "second_message": " World", "first_number": 10, "second_number": 20}
    ),
    "exit_handler": End(arguments={"message": "hi"}, output="exit:COMPLETE"),
    # upstream's local runner leaves the accelerator out and says so
    "k8s_only_methods": End("REFUSED", {"message": "hello"}, reason="accelerator"),
    "oneof": End(arguments={"pick_a": True}, output="selected:A"),
    "pipeline_with_caching": End(arguments={"x": 1}, output=2),
    "pipeline_with_collected_artifacts": End(output="0,1,2"),
    "pipeline_with_workspace": End(output="Hello from workspace!"),
    "pipeline_with_importer_workspace": End(output="part-000.txt,part-001.txt"),
    "take_nap_compiled": End(arguments={"naptime_secs": 1}),
    "take_nap_pipeline_root_compiled": End(arguments={"naptime_secs": 1}),
    "long-running": End("CANCELED"),  # ten minutes of sleep, which upstream's suites terminate
    "pvc_mount": End(arguments={"pvc_name": CLAIM}),
    "pvc-mount": End(arguments={"pvc_name": CLAIM}),
}


def end_of(path: Path, folder: Path) -> End:
    """How the run of a valid file ends; files that its steps write go into `folder`."""
    if path.stem in _REFUSED:
        return End("REFUSED", made_up(path), reason=_REFUSED[path.stem])
    if path.stem in _FAILED:
        return End("FAILED", made_up(path), reason=_FAILED[path.stem])
    if path.stem in _NEEDS:
        return End(arguments=made_up(path), needs=_NEEDS[path.stem])
    name = path.stem.removeprefix("local_execution_pipeline_with_")
    if name == "retry":
        return End(arguments={"counter_path": str(folder / "tries")}, output="attempt=2")
    if name == "ignore_upstream_failure":
        marker = folder / "marker.txt"
        return End(
            "FAILED",
            {"marker_path": str(marker)},
            check=lambda: marker.exists() and marker.read_text() == "cleanup_ran",
        )
    return _ENDS.get(name) or End(arguments=made_up(path))


def made_up(path: Path) -> dict[str, Any]:
    """Values for the parameters of a pipeline that need one."""
    root = read_documents(path.read_bytes(), path.name)[0]["root"]
    parameters = (root.get("inputDefinitions") or {}).get("parameters") or {}
    needed = {name: one for name, one in parameters.items() if "defaultValue" not in one and not one.get("isOptional")}
    return {name: _MADE_UP[one["parameterType"]] for name, one in needed.items() if one["parameterType"] in _MADE_UP}


def needs_network(path: Path) -> bool:
    return _INSTALLS.search(path.read_bytes().decode(errors="replace")) is not None

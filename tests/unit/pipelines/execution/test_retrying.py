"""What a run that is tried again does anew."""

from __future__ import annotations

from minikf.embedded.pipelines.execution.retrying import component_at, to_forget
from minikf.embedded.pipelines.records import TaskRecord, TaskState
from minikf.embedded.pipelines.spec.model import Component, Dag, FinalStatus, Package, ParameterInput, Task

LEAF = Component("leaf", executor="exec")
INNER = Component("inner", dag=Dag({"one": Task("one", "leaf"), "two": Task("two", "leaf", dependencies=("one",))}))
ROOT = Component(
    "root",
    dag=Dag(
        {
            "first": Task("first", "leaf"),
            "loop": Task("loop", "inner", dependencies=("first",)),
            "last": Task("last", "leaf", dependencies=("loop",)),
            "other": Task("other", "leaf"),
            "exit": Task("exit", "leaf", parameters={"s": ParameterInput(FinalStatus("loop"))}),
            "branch": Task("branch", "leaf", condition="false"),
        }
    ),
)
PACKAGE = Package("p", {}, {}, ROOT, {"leaf": LEAF, "inner": INNER, "root": ROOT}, {})


def forgotten(**states: TaskState) -> set[str]:
    given = {key.replace("__", "/").replace("_0", "[0]").replace("_1", "[1]"): state for key, state in states.items()}
    return to_forget(PACKAGE, {path: TaskRecord("r", path, path, state) for path, state in given.items()})


OK, BAD, SKIP, STOP = TaskState.SUCCEEDED, TaskState.FAILED, TaskState.SKIPPED, TaskState.CANCELED


def test_what_failed_its_dags_and_what_came_after_them() -> None:
    assert forgotten(
        first=OK, loop=BAD, loop_0=OK, loop_0__one=OK, loop_0__two=OK, loop_1=BAD, loop_1__one=BAD, loop_1__two=SKIP,
        last=SKIP, other=OK, exit=OK,
    ) == {"loop", "loop[1]", "loop[1]/one", "loop[1]/two", "last", "exit"}  # fmt: skip


def test_what_ran_after_a_failure_is_done_again_with_all_that_is_in_it() -> None:
    assert forgotten(first=BAD, loop=OK, loop_0=OK, loop_0__one=OK, loop_0__two=OK, last=OK, other=OK) == {
        "first", "loop", "loop[0]", "loop[0]/one", "loop[0]/two", "last",
    }  # fmt: skip


def test_canceled_tasks_are_due_again_and_a_condition_is_asked_again() -> None:
    assert forgotten(first=OK, loop=STOP, loop_0=STOP, loop_0__one=OK, loop_0__two=STOP, branch=SKIP) == {
        "loop", "loop[0]", "loop[0]/two", "branch",
    }  # fmt: skip


def test_a_component_is_found_through_loops() -> None:
    assert component_at(PACKAGE, "loop[3]/two") is LEAF
    assert component_at(PACKAGE, "loop[3]") is INNER
    assert component_at(PACKAGE, "") is ROOT
    assert component_at(PACKAGE, "gone/two") is None

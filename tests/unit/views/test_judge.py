"""How a workload's status reads: rank, word and cause, from statuses as controllers write them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikf.tui.describe import describe, yaml_of
from minikf.views.items import Rank, Verdict
from minikf.views.kinds import BY_KIND, containers_of, pods_of
from minikf.views.text import age, line, now, plain
from tests.tui.fake_feed import item, pod, train_job

Object = dict[str, Any]
WORDS = [
    "name", "namespace", "labels", "conditions", "type", "status", "reason", "message", "phase", "containerStatuses",
    "state", "waiting", "terminated", "restartCount", "containers", "initContainers", "runtimeRef", "jobsStatus",
    "active", "modelStatus", "lastFailureInfo", "creationTimestamp", "deletionTimestamp", "managedFields", "failed",
]  # fmt: skip


def condition(kind: str, status: str = "True", reason: str = "", message: str = "") -> Object:
    return {"type": kind, "status": status, "reason": reason, "message": message}


def status(*conditions: Object, **more: Any) -> Object:
    return {"status": {"conditions": list(conditions), **more}}


def container(**state: Any) -> Object:
    return {"name": "c", "ready": False, "restartCount": 3, "state": state}


@pytest.mark.parametrize(
    ("kind", "obj", "verdict"),
    [
        ("trainjobs", {}, Verdict(Rank.WAITING, "Created")),
        ("trainjobs", status(jobsStatus=[{"active": 2}]), Verdict(Rank.RUNNING, "Running")),
        ("trainjobs", status(condition("Suspended", message="by you")), Verdict(Rank.WAITING, "Suspended", "by you")),
        (
            "trainjobs",
            status(condition("Suspended", "False"), condition("Failed", reason="JobsFailed", message="3 of 3")),
            Verdict(Rank.BROKEN, "Failed", "JobsFailed: 3 of 3"),
        ),
        ("trainjobs", status(condition("Complete", message="all done")), Verdict(Rank.DONE, "Complete")),
        ("inferenceservices", {}, Verdict(Rank.WAITING, "Pending")),
        (
            "inferenceservices",
            status(condition("Ready"), url="http://x"),
            Verdict(Rank.RUNNING, "Ready", "", "http://x"),
        ),
        (
            "inferenceservices",
            status(condition("PredictorReady", "False", "NoModel", "file is gone"), condition("Ready", "False")),
            Verdict(Rank.BROKEN, "NotReady", "NoModel: file is gone"),
        ),
        (
            "inferenceservices",
            status(condition("Ready", "False"), modelStatus={"lastFailureInfo": {"message": "pickle is broken"}}),
            Verdict(Rank.BROKEN, "NotReady", "pickle is broken"),
        ),
        (
            "inferenceservices",
            status(condition("Ready", "Unknown", "Loading")),
            Verdict(Rank.WAITING, "Pending", "Loading"),
        ),
        ("pods", {"spec": {"containers": [{}, {}]}}, Verdict(Rank.WAITING, "Pending", "", "0/2")),
        (
            "pods",
            status(condition("PodScheduled", "False", "Unschedulable", "no memory"), phase="Pending"),
            Verdict(Rank.WAITING, "Pending", "Unschedulable: no memory", "0/0"),
        ),
        (
            "pods",
            {
                "status": {
                    "phase": "Running",
                    "containerStatuses": [
                        container(waiting={"reason": "CrashLoopBackOff"})
                        | {"lastState": {"terminated": {"reason": "OOMKilled", "exitCode": 137}}}
                    ],
                }
            },
            Verdict(Rank.BROKEN, "CrashLoopBackOff", "container c: OOMKilled, exit code 137", "0/1 3 restarts"),
        ),
        (
            "pods",
            {
                "status": {
                    "phase": "Failed",
                    "containerStatuses": [container(terminated={"exitCode": 3, "message": "no"})],
                }
            },
            Verdict(Rank.BROKEN, "Failed", "container c: Error, exit code 3: no", "0/1 3 restarts"),
        ),
        (
            "pods",
            {"status": {"phase": "Failed", "reason": "DeadlineExceeded", "message": "too long"}},
            Verdict(Rank.BROKEN, "DeadlineExceeded", "too long", "0/0"),
        ),
        ("pods", {"status": {"phase": "Succeeded"}}, Verdict(Rank.DONE, "Succeeded", "", "0/0")),
        ("jobs", {"spec": {"completions": 4}}, Verdict(Rank.WAITING, "Created", "", "0/4")),
        (
            "jobs",
            {"status": {"active": 1, "failed": 2}},
            Verdict(Rank.RUNNING, "Running", "2 of its pods failed so far", "0/1"),
        ),
        (
            "jobs",
            status(condition("Failed", reason="BackoffLimitExceeded", message="too often"), succeeded=0),
            Verdict(Rank.BROKEN, "Failed", "BackoffLimitExceeded: too often", "0/1"),
        ),
        ("jobs", status(condition("Complete"), succeeded=1), Verdict(Rank.DONE, "Complete", "", "1/1")),
    ],
)
def test_a_status_reads(kind: str, obj: Object, verdict: Verdict) -> None:
    assert BY_KIND[kind].judge(obj) == verdict


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=5),
    max_leaves=25,
)


@given(
    kind=st.sampled_from(sorted(BY_KIND)), obj=st.dictionaries(st.sampled_from(["metadata", "spec", "status"]), JSON)
)
def test_no_object_whatever_its_form_ends_the_ui(kind: str, obj: Object) -> None:
    found = item(kind, obj)
    describe(found, (), exists=True)
    yaml_of(found)
    pods_of(found, [found])
    containers_of(found)


def test_what_is_being_deleted_waits() -> None:
    ending = train_job("x", failed="no")
    ending["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    assert item("trainjobs", ending).verdict == Verdict(Rank.WAITING, "Terminating")


def test_the_pods_of_a_job_are_those_with_its_label_in_its_namespace() -> None:
    mine, other = item("pods", pod("a", job="learn")), item("pods", pod("b", job="else"))
    stranger = pod("c", job="learn")
    stranger["metadata"]["namespace"] = "blue"
    learn = item("trainjobs", train_job("learn"))
    assert pods_of(learn, [mine, other, item("pods", stranger)]) == [mine]
    assert pods_of(other, [mine, other]) == [other]


def test_containers_are_in_the_order_in_which_they_run() -> None:
    both = pod("a", containers=("main", "side"))
    both["spec"]["initContainers"] = [{"name": "first"}]
    assert containers_of(item("pods", both)) == ["first", "main", "side"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0s"), (59, "59s"), (60, "1m"), (3599, "59m"), (7200, "2h"), (86400 * 3, "3d"), (-5, "0s")],
)
def test_ages_are_short(seconds: int, text: str) -> None:
    moment = now()
    created = moment.fromtimestamp(moment.timestamp() - seconds, moment.tzinfo).isoformat()
    assert age(created, moment) == text


def test_no_time_has_no_age() -> None:
    assert age("", now()) == ""
    assert age("2026-01-01T00:00:00", now()) == ""


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]52;c;c3RvbGVu\x07copied", "copied"),
        ("\x1b]0;never ended", ""),
        ("\x1bPq\x1b\\x", "x"),
        ("a\x1b(Bb\x1bcc", "abc"),
        ("tab\tnew\nline", "tab\tnew\nline"),
        ("bell\x07 back\x08 nul\x00 del\x7f csi\x9b31m", "bell� back� nul� del� csi"),
        ("\u202eright to left", "�right to left"),
        ("naïve – ok 好", "naïve – ok 好"),
    ],
)
def test_text_from_elsewhere_is_made_safe(text: str, safe: str) -> None:
    assert plain(text) == safe


def test_a_line_is_cut_and_bad_bytes_are_shown() -> None:
    assert line(b"caf\xe9\r\n") == "caf�"
    cut = line(b"x" * 1_000_000)
    assert cut.endswith("… (1,000,000 bytes)")
    assert len(cut) < 4100

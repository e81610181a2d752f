"""Training jobs as data, and the numbers in their logs."""

from __future__ import annotations

import contextlib
import io
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikf.tui.pictures.losses import loss_curves
from minikf.views.items import Rank
from minikf.views.training.curves import MOST_CURVES, MOST_POINTS, Curve, Curves, together
from minikf.views.training.jobs import Replicas, job_of
from minikf.views.training.readings import read
from tests.tui.fake_feed import item, pod, train_job

Object = dict[str, Any]


def values(line: str) -> dict[str, float]:
    found = read(line)
    return dict(found.values) if found else {}


@pytest.mark.parametrize(
    ("line", "wanted", "step", "epoch"),
    [
        ("loss=0.12", {"loss": 0.12}, None, None),
        ("loss: 0.12.", {"loss": 0.12}, None, None),
        ("epoch=3 loss=1.2e-3 acc=.9", {"loss": 0.0012, "acc": 0.9}, None, 3),
        ("{'loss': 0.5, 'lr': 5e-05, 'epoch': 1.0}", {"loss": 0.5, "lr": 5e-5}, None, 1),
        ("{'loss': '0.5', 'grad_norm': '1.2', 'epoch': '1.0'}", {"loss": 0.5, "grad_norm": 1.2}, None, 1),
        ('{"step": 3, "loss": 0.12, "eval": {"acc": 0.9}, "x": "y"}', {"loss": 0.12, "eval/acc": 0.9}, 3, None),
        (" 45%|██ | 45/100 [00:10<00:12,  4.50it/s, loss=0.123]", {"loss": 0.123}, None, None),
        ("5/5 ━━ 0s 2ms/step - accuracy: 0.91 - loss: 0.12", {"accuracy": 0.91, "loss": 0.12}, None, None),
        ("[3]\ttrain-rmse:0.55\tvalid-rmse:0.6", {"train-rmse": 0.55, "valid-rmse": 0.6}, 3, None),
        ("Train Epoch: 1 [640/60000 (1%)]\tLoss: 2.3", {"Loss": 2.3}, None, 1),
        ("step 0: train loss 4.2, val loss 4.3", {"train_loss": 4.2, "val_loss": 4.3}, 0, None),
        ("Epoch 1/2, Loss: 0.3, Accuracy: 91.2%", {"Loss": 0.3, "Accuracy": 91.2}, None, 1),
        ("2026-01-01 12:30:11,123 INFO root: step=5 loss: 0.5", {"loss": 0.5}, 5, None),
        ("loss: -1.5e+2, eta: 0:01:02", {"loss": -150}, None, None),
    ],
)
def test_lines_of_many_libraries_are_read(
    line: str, wanted: dict[str, float], step: float | None, epoch: float | None
) -> None:
    found = read(line)
    assert found is not None
    assert (dict(found.values), found.step, found.epoch) == (wanted, step, epoch)


@pytest.mark.parametrize(
    "line",
    ["", "-- Epoch 1", "INFO: 5", "listening on localhost:8080 and http://h:9/", "12:30:11 ok", "version 1.2.3",
     "x" * 9000, "{'a': 'b'}", '{"a": true}'],
)  # fmt: skip
def test_other_lines_say_nothing(line: str) -> None:
    assert read(line) is None


def test_numbers_that_are_none_are_read_as_such() -> None:
    assert math.isnan(values("loss=nan")["loss"])
    assert values("loss: inf")["loss"] == math.inf


@given(st.text(max_size=300))
def test_any_line_is_read(line: str) -> None:
    found = read(line)
    assert found is None or found.values


@given(st.from_regex(r"[a-z][a-z_]{0,10}loss", fullmatch=True), st.floats(allow_nan=False))
def test_what_is_printed_comes_back(name: str, value: float) -> None:
    assert values(f"{name}={value!r}") == {name: value}
    assert values(f"{name}: {value!r}") == {name: value}
    assert values(repr({name: value})) == ({name: value} if math.isfinite(value) else values(repr({name: value})))


def test_what_scikit_learn_prints_is_a_curve() -> None:
    from sklearn.linear_model import SGDClassifier
    from sklearn.neural_network import MLPClassifier

    samples, kinds = [[0.0], [1.0], [2.0], [3.0]], [0, 0, 1, 1]
    for model in (
        MLPClassifier((2,), max_iter=5, verbose=True, random_state=1, batch_size=4, n_iter_no_change=50),
        SGDClassifier(loss="log_loss", max_iter=5, tol=None, verbose=1, random_state=1),
    ):
        printed, curves = io.StringIO(), Curves()
        with contextlib.redirect_stdout(printed), contextlib.suppress(Warning):
            model.fit(samples, kinds)
        curves.feed_all(printed.getvalue().splitlines())
        (curve,) = curves.losses()
        assert curve.name == "loss" and curve.count == 5, printed.getvalue()


def test_what_tqdm_prints_is_a_curve() -> None:
    from tqdm import tqdm

    printed, curves = io.StringIO(), Curves()
    with tqdm(total=4, file=printed, mininterval=0, ascii=False) as bar:
        for number in range(4):
            bar.set_postfix(loss=1 / (number + 1))
            bar.update()
    curves.feed_all(printed.getvalue().replace("\r", "\n").splitlines())
    assert "loss" in curves.by_name and curves.by_name["loss"].least == 0.25


def test_a_curve_of_any_length_is_bounded_and_ends_with_the_last_value() -> None:
    curve = Curve("loss")
    for number in range(1, 100_001):
        curve.add(1 / number, step=number)
    assert len(curve.all) <= MOST_POINTS + 1
    assert (curve.count, curve.all[0].count, curve.all[-1].count) == (100_000, 1, 100_000)
    by, points = curve.over()
    assert by == "step" and points[-1] == (100_000, 1e-5)


@given(st.lists(st.text("abcdef", min_size=1, max_size=3), max_size=300))
def test_metrics_of_many_names_are_bounded(names: list[str]) -> None:
    curves = Curves()
    for name in names:
        curves.take_value(name, 1.0)
    assert len(curves.by_name) <= MOST_CURVES


def test_losses_come_first_and_axes_are_steps_epochs_or_numbers() -> None:
    curves = Curves()
    curves.feed_all(["step=1 loss=3 lr=1", "step=2 loss=2 lr=1", "eval_loss=2 epoch=1", "step=3 loss=1 lr=1 acc=3"])
    curves.feed("eval_loss=1 epoch=2")
    assert [curve.name for curve in curves.losses()] == ["loss", "eval_loss"]
    assert [curve.name for curve in curves.others] == ["lr"]
    assert curves.by_name["loss"].over() == ("step", ((1, 3), (2, 2), (3, 1)))
    assert curves.by_name["eval_loss"].over()[0] == "epoch"
    assert together(curves.losses())[0] == "value"
    plain = Curves()
    plain.feed_all(["reward=1 seeds=4", "reward=2 seeds=4"])
    assert [curve.name for curve in plain.losses()] == ["reward"]
    assert "no values yet" in str(loss_curves(Curves(), 40, 10))
    assert "eval_loss" in str(loss_curves(curves, 60, 12))


def nodes(job: str, count: int, **more: Any) -> list[Object]:
    found = []
    for number in range(count):
        each = pod(f"{job}-node-0-{number}", job=job, **more)
        each["metadata"]["labels"] |= {
            "jobset.sigs.k8s.io/replicatedjob-name": "node", "batch.kubernetes.io/job-completion-index": str(number),
        }  # fmt: skip
        found.append(each)
    return found


def test_a_train_job_counts_its_nodes() -> None:
    obj = train_job("fit")
    obj["spec"]["trainer"] = {"numNodes": 3}
    pods = nodes("fit", 2)
    pods[1]["status"]["containerStatuses"][0] |= {
        "ready": False, "state": {"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}},
    }  # fmt: skip
    pods[1]["spec"]["containers"][0]["resources"] = {"limits": {"nvidia.com/gpu": "2"}}
    job = job_of(item("trainjobs", obj), [item("pods", each) for each in pods])
    assert job.replicas == (Replicas("node", 3, 1, 0, 1),)
    assert (job.ready, job.runtime) == ("1/3 1 failed", "plain-python")
    assert [node.name for node in job.log_nodes] == ["node 0", "node 1"]
    assert job.nodes[1].gpus == 2
    assert job.cause == "node 1: container node: no such image"
    assert not job.over


def test_a_train_job_whose_pods_are_gone_counts_by_its_status() -> None:
    obj = train_job("fit", complete=True)
    obj["spec"]["trainer"] = {"numNodes": 2}
    obj["status"]["jobsStatus"] = [{"name": "node", "succeeded": 1}]
    obj["status"]["conditions"][0]["lastTransitionTime"] = "2026-01-01T00:00:50Z"
    obj["metadata"]["ownerReferences"] = [{"kind": "Trial", "name": "search-1"}]
    job = job_of(item("trainjobs", obj), [])
    assert (job.ready, job.over, job.seconds(0), job.trial) == ("2/2", True, 50.0, "search-1")


def test_a_train_job_tells_what_its_trainer_told() -> None:
    obj = train_job("fit")
    metrics = [{"name": "loss", "value": "0.5"}, {"name": "bad", "value": "x"}]
    obj["status"]["trainerStatus"] = {"progressPercentage": 40, "metrics": metrics}
    job = job_of(item("trainjobs", obj), [])
    assert (job.percent, job.metrics) == (40, (("loss", 0.5),))


@pytest.mark.parametrize("kind", ["pytorchjobs", "tfjobs", "mpijobs", "xgboostjobs", "jaxjobs", "paddlejobs"])
def test_jobs_of_the_training_operator_count_by_role(kind: str) -> None:
    obj = {
        "metadata": {"name": "old", "namespace": "team", "creationTimestamp": "2026-01-01T00:00:00Z"},
        "spec": {"xReplicaSpecs": {"Master": {"replicas": 1}, "Worker": {"replicas": 3}}},
        "status": {
            "startTime": "2026-01-01T00:00:01Z", "completionTime": "2026-01-01T00:01:01Z",
            "conditions": [{"type": "Failed", "status": "True", "message": "a worker broke"}],
            "replicaStatuses": {"Master": {"succeeded": 1}, "Worker": {"active": 1, "failed": 1}},
        },
    }  # fmt: skip
    job = job_of(item(kind, obj), [])
    assert job.replicas == (Replicas("master", 1, 0, 1, 0), Replicas("worker", 3, 1, 0, 1))
    assert (job.ready, job.seconds(0), job.cause) == ("2/4 1 failed", 60.0, "a worker broke")
    assert job.item.verdict.rank is Rank.BROKEN


@given(st.dictionaries(st.sampled_from(["metadata", "spec", "status"]), st.recursive(
    st.none() | st.text(max_size=3) | st.integers(), lambda inner: st.lists(inner, max_size=2) | st.dictionaries(
        st.sampled_from(["trainer", "numNodes", "jobsStatus", "conditions", "type", "xReplicaSpecs", "replicaStatuses",
                         "Worker", "replicas", "trainerStatus", "metrics", "name", "ownerReferences"]), inner,
        max_size=4), max_leaves=15)), st.sampled_from(["trainjobs", "pytorchjobs"]))  # fmt: skip
def test_no_form_of_a_job_ends_the_view(obj: Object, kind: str) -> None:
    job_of(item(kind, obj), [])

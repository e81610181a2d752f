"""Experiments and training jobs in three terminals."""

from __future__ import annotations

from typing import Any

import pytest

from minikf.tui.messages import Changed
from minikf.views.training.questions import AskReadings, Readings
from minikf.views.training.readings import read
from minikf.views.trials.experiment import experiment_of
from minikf.views.trials.questions import AskBestJob, TrainBest
from minikf.views.trials.training import best_job
from tests.tui.fake_feed import item, pod, train_job
from tests.tui.screen import SIZES, Screen, opened
from tests.unit.views.trialobjects import experiment, trial

Object = dict[str, Any]
BRAILLE = [chr(code) for code in range(0x2801, 0x2900)]
TRIALS = [trial(1, "0.5"), trial(2, None, "Failed"), trial(3, "0.8"), trial(4, "0.6"), trial(5, None, "Running")]


def search() -> Object:
    obj = experiment(best="search-0003")
    metrics = [{"name": "score", "latest": "0.8", "max": "0.8", "min": "0.8"}]
    obj["status"] |= {"trials": 5, "trialsRunning": 1}
    obj["status"]["currentOptimalTrial"]["observation"] = {"metrics": metrics}
    return obj


def has_curve(screen: Screen) -> bool:
    return any(dot in screen.text for dot in BRAILLE)


def fits(screen: Screen, size: tuple[int, int]) -> None:
    assert len(screen.lines) == size[1]
    assert all(len(line) <= size[0] for line in screen.lines)


@pytest.mark.parametrize("size", SIZES)
async def test_an_experiment_is_a_list_row_then_plots_and_a_table(size: tuple[int, int]) -> None:
    async with opened(size) as screen:
        screen.feed.lists("experiments", search())
        screen.feed.lists("trials", *TRIALS)
        await screen.open("experiments")
        await screen.sees("search", "Running", *(["4/20", "score=0.8", "tpe"] if size[0] > 100 else []))
        await screen.until(lambda: has_curve(screen) == (size == (160, 50)))
        fits(screen, size)
        await screen.press("enter")
        await screen.sees("5/20 trials", "best so far" if size[0] > 60 else "score")
        assert has_curve(screen)
        fits(screen, size)
        if size[1] > 20:
            await screen.sees("search-0003", "3◆", "0.8", "Failed")
            assert screen.order("search-0001", "search-0003") == ["search-0003", "search-0001"]
        await screen.press("v")
        await screen.sees("◆ best", *(["optimizer"] if size[0] > 60 else []))
        await screen.press("v")
        await screen.sees("STATE", "3◆", "0.8")
        fits(screen, size)
        await screen.press("s")
        await screen.sees("by number" if size[0] > 100 else "3◆")


async def test_new_trials_come_live_and_the_cause_of_a_failed_one_is_told() -> None:
    async with opened((160, 50)) as screen:
        screen.feed.lists("experiments", search())
        screen.feed.lists("trials", *TRIALS)
        await screen.open("experiments")
        await screen.press("enter")
        await screen.sees("5/20 trials, 1 failed, best score=0.8 (trial 3)", "lr", "layers", "optimizer")
        screen.feed.post(Changed(item("trials", trial(6, "0.95"))))
        await screen.sees("6/20 trials", "0.95")
        await screen.press("G")
        await screen.press("k")
        await screen.sees("search-0002: TrialFailed: it is Failed")
        await screen.press("c")
        await screen.sees("copied: minikf experiment show search -n team --plot")
        await screen.press("d")
        await screen.sees("Trial team/search-0002")


@pytest.mark.parametrize("size", SIZES)
async def test_the_best_trial_is_looked_at_and_then_created(size: tuple[int, int]) -> None:
    obj = search()
    found = best_job(experiment_of(obj, TRIALS), obj, None)
    async with opened(size) as screen:
        screen.feed.answers |= {AskBestJob: lambda question: found, TrainBest: lambda question: found}
        screen.feed.lists("experiments", obj)
        screen.feed.lists("trials", *TRIALS)
        await screen.open("experiments")
        await screen.press("t")
        await screen.sees("TrainJob search-0003-best", "kind: TrainJob")
        assert TrainBest("team", "search") not in screen.feed.asked
        await screen.press("enter")
        await screen.sees("created", no="kind: TrainJob")
        assert TrainBest("team", "search") in screen.feed.asked


async def test_without_a_best_trial_the_cause_is_told() -> None:
    async with opened() as screen:
        screen.feed.answers[AskBestJob] = lambda question: ValueError("it has no best trial yet")
        screen.feed.lists("experiments", experiment())
        await screen.open("experiments")
        await screen.press("t")
        await screen.sees("it has no best trial yet")
        await screen.press("enter")
        assert TrainBest("team", "search") not in screen.feed.asked


def nodes(job: str, *phases: str) -> list[Object]:
    found = []
    for number, phase in enumerate(phases):
        each = pod(f"{job}-node-0-{number}", job=job, phase=phase)
        each["metadata"]["labels"] |= {
            "jobset.sigs.k8s.io/replicatedjob-name": "node", "batch.kubernetes.io/job-completion-index": str(number),
        }  # fmt: skip
        found.append(each)
    return found


def old_job(name: str) -> Object:
    return {
        "metadata": {"name": name, "namespace": "team", "creationTimestamp": "2026-01-01T00:00:00Z"},
        "spec": {"pytorchReplicaSpecs": {"Worker": {"replicas": 2}}},
        "status": {"conditions": [{"type": "Failed", "status": "True", "message": "it broke"}],
                   "replicaStatuses": {"Worker": {"failed": 1, "active": 1}}},
    }  # fmt: skip


def loss(question: AskReadings) -> Readings:
    """Ten values at first, then none."""
    if question.since:
        return Readings((), question.since, 0)
    found = tuple(reading for n in range(10) if (reading := read(f"epoch={n} loss={1 / (n + 1):.3f} lr={n}")))
    return Readings(found, "2026-01-01T00:00:00Z", 10)


@pytest.mark.parametrize("size", SIZES)
async def test_training_jobs_of_all_kinds_are_one_list_and_one_has_its_loss_live(size: tuple[int, int]) -> None:
    async with opened(size) as screen:
        screen.feed.answers[AskReadings] = loss
        running = train_job("fit")
        running["spec"]["trainer"] = {"numNodes": 2}
        screen.feed.lists("trainjobs", running, train_job("over", complete=True))
        screen.feed.lists("pytorchjobs", old_job("old"))
        screen.feed.lists("pods", *nodes("fit", "Running", "Pending"))
        await screen.open("trainjobs")
        await screen.sees("old", "fit", "over", "it broke", *(["PyTorchJob", "1/2 1 failed"] if size[0] > 60 else []))
        assert screen.order("old ", "fit ", "over ") == ["old ", "fit ", "over "]
        fits(screen, size)
        await screen.press("j", "enter")
        await screen.sees("TrainJob team/fit Running", *(["1/2 nodes", "loss 0.1"] if size[0] > 60 else []))
        await screen.sees("epoch")
        assert has_curve(screen)
        fits(screen, size)
        if size[1] < 20:
            await screen.press("v")
        await screen.sees("node 0", "node 1", "Running", "Pending")
        fits(screen, size)


async def test_a_log_is_asked_on_from_where_it_was_left_and_other_metrics_are_shown() -> None:
    async with opened((80, 24)) as screen:
        screen.feed.answers[AskReadings] = loss
        screen.feed.lists("trainjobs", train_job("fit"))
        screen.feed.lists("pods", *nodes("fit", "Running"))
        await screen.open("trainjobs")
        await screen.press("enter")
        await screen.sees("─── loss")
        await screen.press("m")
        await screen.sees("─── lr")
        on = AskReadings("team", "fit-node-0-0", "node", "2026-01-01T00:00:00Z")
        for _ in range(100):
            if on in screen.feed.asked:
                break
            await screen.pilot.pause(0.05)
        assert on in screen.feed.asked
        await screen.press("l")
        await screen.sees("Log of team/fit-node-0-0 node")


async def test_a_job_that_ended_waits_for_no_values_and_counts_its_nodes_in_words() -> None:
    async with opened((120, 36)) as screen:
        screen.feed.lists("trainjobs", train_job("falls", failed="RuntimeError"))
        screen.feed.lists("pods", pod("falls-node-0-0-x", job="falls", phase="Failed"))
        reading = read("epoch 1 loss=0.5")
        assert reading is not None
        screen.feed.answers[AskReadings] = lambda _: Readings((reading,), "", 1)
        await screen.open("trainjobs")
        await screen.sees("falls")
        await screen.press("enter")
        await screen.sees("nodes, ", "loss 0.5", "no curve: each metric has one value", no="no values yet")


async def test_the_head_says_the_metric_that_is_drawn() -> None:
    async with opened((120, 36)) as screen:
        screen.feed.lists("trainjobs", train_job("learns"))
        screen.feed.lists("pods", pod("learns-node-0-0-x", job="learns"))
        lines = [read(f"epoch={n} loss={1 / n} accuracy={1 - 1 / n}") for n in range(1, 9)]
        screen.feed.answers[AskReadings] = lambda _: Readings(tuple(one for one in lines if one), "", 8)
        await screen.open("trainjobs")
        await screen.sees("learns")
        await screen.press("enter")
        await screen.sees("loss 0.125")
        await screen.press("m")
        await screen.sees("accuracy 0.875", no="loss 0.125")

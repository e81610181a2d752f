"""From what a trial wrote to its observation."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from minikf.embedded.tuning.metrics import NO_TIME, MetricLog, NotJson, objective_text, observe, read_json, read_text
from minikf.embedded.tuning.stopping import StopWatch
from minikf.embedded.tuning.tfevents import find_event_files, read_scalars

DATA = Path(__file__).parent / "data" / "tfevents"


def pairs(logs: list[MetricLog]) -> list[tuple[str, str]]:
    return [(log.name, log.value) for log in logs]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("loss=0.3", [("loss", "0.3")]),
        ("epoch 3: loss = .98, val-loss=1E0 and more", [("loss", ".98"), ("val-loss", "1E0")]),
        ("loss=-7.53e-05 loss=1.23E10", [("loss", "-7.53e-05"), ("loss", "1.23E10")]),
        ("floss=1", []),
        ("loss=nan", []),
        ("loss=high", []),
        ("loss: 0.3", []),
    ],
)
def test_the_default_filter(line: str, found: list[tuple[str, str]]) -> None:
    assert pairs(read_text([line], ["loss", "val-loss"], [])) == found


def test_filters_of_ones_own_and_times() -> None:
    line = "2026-11-22T22:00:00.5Z INFO {metricName: accuracy, metricValue: 0.9}"
    filters = [r"{metricName: ([\w|-]+), metricValue: ((-?\d+)(\.\d+)?)}"]
    assert read_text([line], ["accuracy"], filters) == [MetricLog("2026-11-22T22:00:00.5Z", "accuracy", "0.9")]
    assert read_text(["INFO " + line], ["accuracy"], filters)[0].time == NO_TIME


def test_json_lines() -> None:
    lines = ['{"loss": "0.3", "timestamp": 1.5}', "", '{"loss": 0.2, "other": 1}', '{"loss": true}']
    assert read_json(lines, ["loss"]) == [
        MetricLog("1970-01-01T00:00:01.500000Z", "loss", "0.3"),
        MetricLog(NO_TIME, "loss", "0.2"),
    ]
    with pytest.raises(NotJson, match="line 2"):
        read_json(["{}", "loss=3"], ["loss"])


def test_min_max_and_latest() -> None:
    logs = [
        MetricLog("2026-11-22T22:00:02Z", "loss", "0.2"),
        MetricLog("2026-11-22T22:00:01Z", "loss", "0.5"),
        MetricLog(NO_TIME, "loss", "NaN"),
        MetricLog(NO_TIME, "loss", "much"),
    ]
    strategies = [{"name": "loss", "value": "max"}, {"name": "none", "value": "min"}]
    metrics = observe(logs, strategies)
    assert metrics == [
        {"name": "loss", "min": "0.2", "max": "0.5", "latest": "0.2"},
        {"name": "none", "min": "unavailable", "max": "unavailable", "latest": "unavailable"},
    ]
    objective = {"objectiveMetricName": "loss", "metricStrategies": strategies}
    assert objective_text({"metrics": metrics}, objective) == "0.5"
    assert objective_text(None, objective) == "unavailable"


def rule(value: str, comparison: str = "greater", step: int = 2) -> dict[str, object]:
    return {"name": "loss", "value": value, "comparison": comparison, "startStep": step}


def said(*values: float) -> list[MetricLog]:
    return [MetricLog(NO_TIME, "loss", repr(value)) for value in values]


def test_a_rule_judges_the_best_value_from_its_step_on() -> None:
    objective = {"objectiveMetricName": "loss", "type": "minimize"}
    watch = StopWatch([rule("0.5")], objective)
    watch.hear(said(0.9))
    assert not watch.says_stop, "the first step does not count"
    watch.hear(said(0.6))
    assert watch.says_stop
    better = StopWatch([rule("0.5")], objective)
    better.hear(said(0.4, 0.9, 0.9))
    assert not better.says_stop, "its best value is better than the rule"
    both = StopWatch([rule("0.5", step=0), {**rule("3", "less", 0), "name": "speed"}], objective)
    both.hear(said(0.9))
    assert not both.says_stop, "all rules must hold"


def test_event_files_of_two_writers() -> None:
    """tensorboardX 2.6.5 writes simple values, TensorBoard 2.21.0's own writer tensors, as TensorFlow 2 does."""
    new, old = sorted(find_event_files(DATA), key=lambda path: path.name)
    assert [(one.tag, round(one.value, 3), one.step) for one in read_scalars(old)] == [
        ("loss", 1.0, 0), ("loss", 0.5, 1), ("loss", 0.333, 2),
    ]  # fmt: skip
    assert [(one.tag, one.value, one.step) for one in read_scalars(new)] == [
        ("accuracy", 0.25, 0), ("accuracy", 0.5, 1), ("accuracy", 0.75, 2),
    ]  # fmt: skip


@pytest.mark.parametrize("cut", [1, 5, 30, 100])
def test_an_event_file_that_is_still_written(tmp_path: Path, cut: int) -> None:
    whole = (DATA / "train" / "events.out.tfevents.tensorboard").read_bytes()
    path = tmp_path / "events.out.tfevents.x"
    path.write_bytes(whole[:-cut])
    assert len(read_scalars(path)) in (1, 2)
    path.write_bytes(struct.pack("<QI", 4, 0) + b"\xff\xff\xff\xff" + b"\0\0\0\0" + whole)
    assert len(read_scalars(path)) == 3, "a record that is no event is passed over"

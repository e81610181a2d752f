"""A run and a step in words, as beside their graph. Pure."""

from __future__ import annotations

from datetime import datetime

from minikf.views.runs.model import CONDITION, LOOP, RunGraph, Step
from minikf.views.runs.words import duration, glyph, made_words, number, state_word, value_text, value_words


def headline(graph: RunGraph, now: datetime) -> str:
    """The run in one line."""
    done, total = graph.progress
    parts = [
        f"{glyph(graph.state)} {graph.name}",
        state_word(graph.state),
        f"{done}/{total} steps",
        duration(graph.seconds(now)),
        f"pipeline {graph.pipeline}" if graph.pipeline else "",
        f"experiment {graph.experiment}" if graph.experiment else "",
    ]
    return "  ".join(part for part in parts if part)


def run_lines(graph: RunGraph) -> list[str]:
    """What is said of the run as a whole."""
    lines = [f"run {graph.id}", f"created {graph.created}"]
    lines += [f"finished {graph.finished}"] if graph.finished and graph.is_over else []
    lines += _block("parameters", [f"{one.name} = {value_text(one.value)}" for one in graph.parameters])
    lines += _block("why", graph.error.splitlines())
    lines += _block("not known", list(graph.notes))
    return lines


def step_lines(step: Step, now: datetime) -> list[str]:
    """What is said of a step: why it failed comes first."""
    took = duration(step.seconds(now)) if step.started else ""
    lines = [f"{glyph(step.state)} {step.name}  {state_word(step.state)}{f'  {took}' if took else ''}"]
    if step.is_group and step.total:
        lines.append(f"{step.kind}: {step.done} of {step.total} steps are over")
    if step.note:
        lines.append(f"{'condition: ' if step.kind == CONDITION else 'goes ' if step.kind == LOOP else ''}{step.note}")
    lines += _block("why", step.error.splitlines())
    lines += _block("metrics", [f"{name} = {number(value)}" for name, value in step.metrics.items()])
    lines += _block("parameters", [f"{one.name} = {value_words(one)}" for one in step.parameters])
    lines += _block("results", [f"{one.name} = {value_text(one.value)}" for one in step.results])
    lines += _block("artifacts in", [f"{one.name}: {made_words(one)}" for one in step.takes])
    lines += _block("artifacts out", [f"{one.name}: {made_words(one)}" for one in step.gives if not one.metrics])
    lines += _block("pods", list(step.pods))
    times = [f"{word} {time}" for word, time in (("started", step.started), ("finished", step.finished)) if time]
    lines += _block("times", times)
    lines += _block("id", [step.id])
    return lines


def _block(title: str, lines: list[str]) -> list[str]:
    return ["", f"{title}:", *(f"  {line}" for line in lines)] if lines else []

"""What `minikf runs show` prints of a run."""

from __future__ import annotations

from typing import Any

from minikf.cli import render
from minikf.pipelines.following import seconds
from minikf.views.runs.model import RunGraph
from minikf.views.runs.words import made_words, metrics_words, state_word, value_text
from minikf.views.text import now


def show(run: dict[str, Any], graph: RunGraph) -> None:
    """The run, its parameters, its steps with their metrics, what they made, and why it failed."""
    took = seconds(run)
    render.text(f"run {graph.id} ({graph.name}): {graph.state}")
    render.text(f"  created {graph.created}" + (f", took {took:.1f} s" if took is not None else ""))
    where = [f"pipeline {graph.pipeline}" if graph.pipeline else "", f"experiment {graph.experiment}"]
    render.text(f"  {', '.join(part for part in where if part)}")
    for value in graph.parameters:
        render.text(f"  {value.name} = {value_text(value.value)}")
    if graph.steps:
        _steps(graph)
    _made(graph)
    errors = [f"  {step.id}: {step.error}" for step in graph.steps if step.error and not step.is_group]
    for line in errors or ([f"  {graph.error}"] if graph.error else []):
        render.text(line)
    for note in graph.notes:
        render.note(note)


def _steps(graph: RunGraph) -> None:
    at = now()
    rows = []
    for step in graph.steps:
        took = step.seconds(at) if step.finished and step.state not in ("SKIPPED", "CACHED") else None
        duration = f"{took:.1f} s" if took is not None else ""
        rows.append((step.id, state_word(step.state).upper(), duration, metrics_words(step.metrics)))
    render.table(("STEP", "STATE", "TOOK", "METRICS"), rows)


def _made(graph: RunGraph) -> None:
    """Of groups nothing: what they pass on is named at the step that made it."""
    rows = [
        (step.id, one.name, made_words(one))
        for step in graph.steps
        if not step.is_group
        for one in step.gives
        if not one.metrics
    ]
    if rows:
        render.text()
        render.table(("STEP", "ARTIFACT", "WHAT"), rows)

"""Requests to try a service's behaviour with: the user's own, what was really asked here or the model's own example."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from minikf.errors import UsageError
from minikf.kube import bodies
from minikf.kube.serving import Door
from minikf.paths import PlatformPaths
from minikf.promote.behaviour.recording import Sample
from minikf.promote.model import Object

# A service's kept requests may be many megabytes (see minikf.paths, `served`): the last of them say as much.
_TAIL_BYTES = 256 * 1024
_REQUEST = ".inference.request"


def samples(service: Object, door: Door, files: Sequence[Path], paths: PlatformPaths) -> tuple[Sample, ...]:
    """All that is known, the surest first. Raises UsageError for a file that holds no request.

    `files` are the user's: each a JSON body, or one on each line. Where there is none, requests that the platform was
    asked to keep and bodies that were tried by hand, and at last an example by the model's own inputs.
    """
    if files:
        return tuple(one for file in files for one in _of_file(service, door.name, file))
    found = [*_kept(service, door, paths), *_tried(service, door, paths)]
    if not found:
        found = list(_example(service, door))
    return tuple(found)


def _of_file(service: Object, name: str, file: Path) -> Iterator[Sample]:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--sample {file} cannot be read", cause=str(error), advice=f"ls -l {file}") from error
    for body in _bodies(text, file):
        yield _sample(service, name, body, file.name)


def _bodies(text: str, file: Path) -> list[Any]:
    try:
        return [json.loads(text)]
    except ValueError:
        pass
    try:
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    except ValueError as error:
        raise UsageError(
            f"--sample {file} holds no request",
            cause=f"it is neither JSON nor JSON on each line: {error}",
            advice='{"instances": [[1.0, 2.0]]}',
        ) from error


def _sample(service: Object, name: str, body: Any, origin: str) -> Sample:
    return Sample(bodies.path_of(bodies.protocol_of(service, body), name), body, origin)


def _kept(service: Object, door: Door, paths: PlatformPaths) -> Iterator[Sample]:
    """CloudEvents in structured mode, a line each, the newest first."""
    try:
        with (paths.served / door.namespace / f"{door.name}.jsonl").open("rb") as file:
            file.seek(0, 2)
            whole = file.tell() <= _TAIL_BYTES
            file.seek(0 if whole else file.tell() - _TAIL_BYTES)
            lines = file.read().splitlines()[0 if whole else 1 :]
    except OSError:
        return
    for line in reversed(lines):
        try:
            event = json.loads(line)
        except ValueError:
            continue  # a line that is being written
        if str(event.get("type", "")).endswith(_REQUEST) and "data" in event:
            yield _sample(service, door.name, event["data"], "kept requests")


def _tried(service: Object, door: Door, paths: PlatformPaths) -> Iterator[Sample]:
    for text in bodies.last(paths, door.namespace, door.name):
        try:
            yield _sample(service, door.name, json.loads(text), "tried before")
        except ValueError:
            continue


def _example(service: Object, door: Door) -> Iterator[Sample]:
    """One instance of zeros in the shape that the model declares; none where it declares none."""
    found = bodies.suggest(door, service)
    if found.made:
        yield Sample(found.path, json.loads(found.body), "the model's own inputs")

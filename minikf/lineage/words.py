"""A node in words: one headline, and lines of what else is known. Pure."""

from __future__ import annotations

import json

from minikf.lineage.graph import ARTIFACT, MODEL, RUN, SERVICE, SOURCE, TASK, TRAINJOB, Node

_SHORT = 12  # digits of a hash that tell things apart for people
_VALUE = 60  # characters of a parameter's value
_CONTENT = {
    "MISSING": "its file is gone",
    "CHANGED": "its file has another size by now",
    "NONE": "it has no file",
    "ELSEWHERE": "it lies outside of this platform",
}


def headline(node: Node) -> str:
    """What the node is."""
    if "missing" in node.facts:
        return f"{node.kind} {node.name}: {node.text('missing')}"
    if node.kind == SERVICE:
        state = f"answers at {node.text('url')}" if node.facts.get("ready") else "does not answer"
        return f"InferenceService {node.text('namespace')}/{node.name}: {state}"
    if node.kind == MODEL:
        return f"model {node.name} ({node.text('state') or 'registered'})"
    if node.kind == ARTIFACT:
        return f"{node.text('type').removeprefix('system.')} {node.name} (artifact {node.id.rpartition('/')[2]})"
    if node.kind == TASK:
        return f"step {node.name} of run {node.text('runName') or node.text('run')} ({node.text('state')})"
    if node.kind == RUN:
        return f"run {node.name} ({'it was deleted' if node.facts.get('deleted') else node.text('state')})"
    if node.kind == TRAINJOB:
        return f"TrainJob {node.text('namespace')}/{node.name} ({node.text('state') or 'not over'})"
    return f"{'address' if node.kind == SOURCE else node.kind} {node.name}"


def details(node: Node) -> list[str]:
    """What else is known, one line for each matter."""
    found: list[str] = []
    if node.kind == SERVICE:
        found += [node.text("storageUri"), _hash("content", node.text("digest").rpartition(":")[2]), node.text("note")]
    if node.kind == MODEL:
        for file in node.facts.get("files") or []:
            size = f", {file['size']:,} bytes" if file.get("size") else ""
            found += [file.get("uri", ""), _hash("content", str(file.get("digest", "")).rpartition(":")[2]) + size]
    if node.kind == ARTIFACT:
        found.append(node.text("uri"))
        size = f", {int(node.facts['size']):,} bytes" if node.facts.get("size") else ""
        state = _CONTENT.get(node.text("content"), "")
        found += [_hash("content", node.text("sha256")) + size, state]
    if node.kind == TASK:
        code = [_hash("code", node.text("codeSha256")), node.text("function") and f"function {node.text('function')}"]
        found.append(", ".join(part for part in (*code, node.text("image") and f"image {node.text('image')}") if part))
        found.append(_values(node, "parameters"))
        pipeline = node.text("pipeline")
        found.append(f"pipeline {pipeline}, {_hash('spec', node.text('pipelineSha256'))}" if pipeline else "")
        found.append(node.text("error"))
    if node.kind == RUN:
        found += [node.id.partition("/")[2], _hash("spec", node.text("pipelineSha256"))]
    if node.kind == TRAINJOB:
        found.append(f"runtime {node.text('runtime')}, {_hash('code', node.text('codeSha256'))}")
        if node.text("experiment"):
            found.append(f"a trial of experiment {node.text('experiment')}: {_values(node, 'metrics')}")
        found.append(_values(node, "parameters"))
    return [line for line in found if line]


def short(digest: str) -> str:
    return digest[:_SHORT]


def _hash(what: str, digest: str) -> str:
    return f"{what} sha256:{short(digest)}" if digest else ""


def _values(node: Node, fact: str) -> str:
    return ", ".join(f"{name}={_value(one)}" for name, one in (node.facts.get(fact) or {}).items())


def _value(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    flat = " ".join(text.split())
    return flat if len(flat) <= _VALUE else flat[: _VALUE - 1] + "…"

"""Every place of a promotion that names an image, a model or data: what the later steps copy and translate."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import yaml

from minikf.promote.fields import texts, walk
from minikf.promote.laptop import Laptop
from minikf.promote.model import ContentUse, FieldPath, ImageUse, Object, Placeholder, ref_of
from minikf.promote.models import checksum

_OCI = "oci://"
_OPEN = ("${", "{{")
# Stores that belong to somebody: what only a network is needed for (https, hf) is everywhere the same.
_STORES = frozenset(
    {
        "file",
        "pvc",
        "dataset",
        "model-registry",
        "minio",
        "s3",
        "s3a",
        "gs",
        "gcs",
        "az",
        "abfs",
        "abfss",
        "wasbs",
        "hdfs",
    }
)
_CONTENT = {"storageUri": "model", "artifactUri": "data", "defaultValue": "data"}
_DATASET = re.compile(r"dataset://[^@]+@sha256:([0-9a-f]{64})")
_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://\S+")


def images(objects: tuple[Object, ...], placeholders: tuple[Placeholder, ...]) -> tuple[ImageUse, ...]:
    """Of objects as they are before placeholders stand in them. What a run or a trial decides on is left out."""
    asked = _asked(placeholders)
    found = []
    for obj in objects:
        ref = ref_of(obj)
        for path, image in _images(obj):
            if image and not any(mark in image for mark in _OPEN):
                name = asked.get((ref.kind, ref.name, path), "")
                found.append(ImageUse(image.removeprefix(_OCI), ref, path, name))
    return tuple(dict.fromkeys(found))


def _images(obj: Object) -> Iterator[tuple[FieldPath, str]]:
    if obj["kind"] == "ConfigMap":
        for key, text in (obj.get("data") or {}).items():
            for _, image in _in_template(text):
                yield ("data", key), image
        return
    yield from _fields(obj.get("spec"), ("spec",))


def _fields(value: Any, path: FieldPath) -> Iterator[tuple[FieldPath, str]]:
    for where, key, inner in walk(value, path):
        if key == "image" and isinstance(inner, str):
            yield (*where, key), inner
        elif key == "image" and isinstance(inner, dict) and isinstance(inner.get("reference"), str):
            yield (*where, key, "reference"), inner["reference"]  # core/v1 ImageVolumeSource
        elif key == "storageUri" and isinstance(inner, str) and inner.startswith(_OCI):
            yield (*where, key), inner


def _in_template(text: str) -> Iterator[tuple[FieldPath, str]]:
    """Of a text that is a job, as trial templates in ConfigMaps are; any other text names no image."""
    if "kind:" not in text and '"kind"' not in text:
        return
    try:
        job = yaml.safe_load(text)
    except yaml.YAMLError:
        return
    if isinstance(job, dict) and job.get("kind") and job.get("apiVersion"):
        yield from _fields(job.get("spec"), ("spec",))


def contents(
    objects: tuple[Object, ...], placeholders: tuple[Placeholder, ...], laptop: Laptop, namespaces: dict[str, str]
) -> tuple[ContentUse, ...]:
    """As of `images`. `namespaces` are of the claims here, by their name."""
    asked, known = _asked(placeholders), {each.name: each for each in placeholders}
    found: list[ContentUse] = []
    for obj in objects:
        ref = ref_of(obj)
        if obj["kind"] == "PersistentVolumeClaim":
            local = _claim(laptop, namespaces.get(ref.name, ""), ref.name)
            found.append(ContentUse(f"pvc://{ref.name}", ref, ("metadata", "name"), "claim", local=local))
        for path, kind, address in _addresses(obj, laptop):
            name = asked.get((ref.kind, ref.name, path), "")
            stands = known.get(name)
            local = _local(address, laptop, namespaces)
            sha256, size = (stands.sha256, stands.bytes) if stands and stands.sha256 else _content(address, local)
            found.append(ContentUse(address, ref, path, kind, name, local, sha256, size))
    return tuple(dict.fromkeys(found))


def _addresses(obj: Object, laptop: Laptop) -> Iterator[tuple[FieldPath, str, str]]:
    """(where, kind, address) of each, in the order of the object."""
    for path, text in texts(obj.get("spec"), ("spec",)):
        kind = _kind(obj, path)
        if kind and not any(mark in text for mark in _OPEN) and _has_to_move(text, kind, laptop):
            yield path, kind, text


def _kind(obj: Object, path: FieldPath) -> str:
    """What an address at this place is of, "" where none is looked for."""
    if obj["kind"] == "RecurringRun":
        return "data" if path[:3] == ("spec", "runtime_config", "parameters") else ""
    if obj["kind"] == "PipelineVersion":
        constant = path[-1] == "constant" and ("runtimeValue" in path or "artifactUri" in path)
        return "data" if constant or path[-1] in _CONTENT else ""
    kind = _CONTENT.get(str(path[-1]), "")
    return "data" if kind == "model" and "dataset" in path else kind if path[-1] == "storageUri" else ""


def _has_to_move(text: str, kind: str, laptop: Laptop) -> bool:
    address = _ADDRESS.fullmatch(text)
    if address is None:
        spans = laptop.spans(text)
        whole = len(spans) == 1 and spans[0].text == text
        return "\n" not in text and (whole or (kind == "model" and text.startswith("/")))
    return address[1].lower() in _STORES or bool(laptop.spans(text))


def _local(address: str, laptop: Laptop, namespaces: dict[str, str]) -> str:
    """Where on this machine an address leads, "" where it is no file of it."""
    if address.startswith("/"):
        return address
    parts = urlsplit(address)
    if parts.scheme == "file":
        return unquote(parts.path)
    if parts.scheme == "pvc" and (claim := _claim(laptop, namespaces.get(parts.netloc, ""), parts.netloc)):
        return str(Path(claim, unquote(parts.path).strip("/")))
    return ""


def _claim(laptop: Laptop, namespace: str, name: str) -> str:
    folder = Path(laptop.volumes, namespace, name)
    return str(folder) if laptop.volumes and namespace and folder.is_dir() else ""


def _content(address: str, local: str) -> tuple[str, int]:
    """(SHA-256, bytes) where they can be known: of a file, or of a version of a data set, which its name tells."""
    if said := _DATASET.fullmatch(address):
        return said[1], 0
    try:
        found = checksum(Path(local)) if local and Path(local).exists() else None
    except OSError:
        found = None  # a folder of another user: what copies it says so
    return (found.sha256, found.bytes) if found else ("", 0)


def _asked(placeholders: tuple[Placeholder, ...]) -> dict[tuple[str, str, FieldPath], str]:
    return {
        (target.kind, target.name, target.path): each.name
        for each in placeholders
        for target in each.targets
        if not target.delimiter
    }

"""Reads the parts of a lock strictly: what no lock has is a ValueError that says where it stands."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

from minikf.bundle.lock.model import Facts, Lock, LockedFile, LockedImage, LockedVariant
from minikf.bundle.model import VARIANTS, Requests
from minikf.bundle.origin import of_address

FORMAT = 2
"""Since 2 an image has bytes by platform; 1 is read too, since users have locks of their own."""

TAG_ONLY = "tag only"

T = TypeVar("T")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def parsed(data: Any) -> Lock:
    """The lock that JSON says. Raises ValueError."""
    fields = _fields(data, "the file", ("format", "bundle", "version", "renderer", "files", "components", "images"))
    image = {1: _old_image, FORMAT: _image}.get(fields["format"] if type(fields["format"]) is int else 0)
    if image is None:
        raise ValueError(f"its format is {fields['format']!r}, and this MiniKF reads 1 and {FORMAT}")
    files = _each(fields["files"], "files", _file)
    components = _each(fields["components"], "components", _variants)
    for name, variants in components.items():
        for variant, one in variants.items():
            if unknown := next((file for file in one.files if file not in files), None):
                raise ValueError(f"{name} ({variant}) is made of {unknown}, which is not among the files")
    return Lock(
        _text(fields["bundle"], "bundle"),
        _text(fields["version"], "version"),
        _text(fields["renderer"], "renderer"),
        files,
        components,
        _each(fields["images"], "images", image),
    )


def _file(data: Any, where: str) -> LockedFile:
    of_address(where.partition(" ")[2])  # raises for what is no address
    fields = _fields(data, where, ("bytes", "sha256"))
    return LockedFile(_hash(fields["sha256"], where), _count(fields["bytes"], where))


def _variants(data: Any, where: str) -> dict[str, LockedVariant]:
    return {name: _variant(one, f"{where} {name}") for name, one in _fields(data, where, (), VARIANTS).items()}


def _variant(data: Any, where: str) -> LockedVariant:
    fields = _fields(data, where, ("files", "patches", "inputs"), ("rendered",))
    patches = _each(fields["patches"], where, _hash)
    facts = _facts(fields["rendered"], where) if "rendered" in fields else None
    return LockedVariant(_texts(fields["files"], where), patches, _hash(fields["inputs"], where), facts)


def _facts(data: Any, where: str) -> Facts:
    counts = ("cpu_milli", "memory_bytes", "storage_bytes")
    fields = _fields(data, where, ("sha256", "objects", "kinds", "images", "more_images", *counts), ("helm",))
    return Facts(
        _hash(fields["sha256"], where),
        _count(fields["objects"], where),
        _texts(fields["kinds"], where),
        _texts(fields["images"], where),
        _texts(fields["more_images"], where),
        Requests(*(_count(fields[name], where) for name in counts)),
        _text(fields.get("helm", ""), where),
    )


def _image(data: Any, where: str) -> LockedImage:
    if data == TAG_ONLY:
        return LockedImage()
    fields = _fields(data, where, ("digest", "bytes"))
    return LockedImage(_digest(fields["digest"], where), _each(fields["bytes"], where, _count))


def _old_image(data: Any, where: str) -> LockedImage:
    """As format 1 had it: one size for all platforms, so that of none."""
    if data == TAG_ONLY:
        return LockedImage()
    fields = _fields(data, where, ("digest", "platforms", "bytes"))
    _count(fields["bytes"], where)
    return LockedImage(_digest(fields["digest"], where), dict.fromkeys(_texts(fields["platforms"], where), 0))


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON. Raises ValueError for a key that stands in it twice."""
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{next(name for name in names if names.count(name) > 1)!r} stands in it twice")
    return found


def _fields(data: Any, where: str, needed: tuple[str, ...], more: tuple[str, ...] = ()) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise ValueError(f"{where} is {data!r:.60}, and not an object")
    if unknown := sorted(set(data) - {*needed, *more}):
        raise ValueError(f"{where} has the field {unknown[0]!r}")
    if missing := sorted(set(needed) - set(data)):
        raise ValueError(f"{where} has no {missing[0]!r}")
    return data


def _each(data: Any, where: str, read_one: Callable[[Any, str], T]) -> dict[str, T]:
    if not isinstance(data, dict):
        raise ValueError(f"{where} is {data!r:.60}, and not an object")
    return {name: read_one(value, f"{where} {name}") for name, value in data.items()}


def _text(value: Any, where: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{where} has {value!r:.60} in place of text")
    return value


def _texts(value: Any, where: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise ValueError(f"{where} has {value!r:.60} in place of a list")
    return tuple(_text(item, where) for item in value)


def _count(value: Any, where: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError(f"{where} has {value!r:.60} in place of a number")
    return value


def _digest(value: Any, where: str) -> str:
    if not isinstance(value, str) or not _DIGEST.fullmatch(value):
        raise ValueError(f"{where} has {value!r:.80} for a digest")
    return value


def _hash(value: Any, where: str) -> str:
    if not isinstance(value, str) or not _SHA256.fullmatch(value):
        raise ValueError(f"{where} has {value!r:.80} in place of a sha256")
    return value

"""`bundle.lock` as text: JSON with sorted keys, so that one input makes one file; read strictly."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, TypeVar

from minikf.bundle.catalog import shown
from minikf.bundle.errors import BundleInvalid
from minikf.bundle.lock.model import Facts, Lock, LockedFile, LockedImage, LockedVariant, Requests
from minikf.bundle.model import VARIANTS, Bundle
from minikf.bundle.origin import of_address
from minikf.errors import Refused
from minikf.files import readable_failures

FILE = "bundle.lock"
FORMAT = 1

T = TypeVar("T")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_DIGEST = re.compile(r"(sha256:[0-9a-f]{64})?")
_DEPTH = {"files": 2, "images": 2, "components": 3}
"""How deep each part of the file is spread over lines: one file, image, or component in a variant a line."""


def locked(bundle: Bundle) -> Lock:
    """The lock beside a bundle's file. Raises Refused where there is none, or it is of another bundle."""
    if bundle.folder is None:
        raise Refused(f"the bundle {bundle.name} is in no folder, so there is no lock", advice="minikf bundle lock")
    file = bundle.folder / FILE
    if not file.is_file():
        raise Refused(f"{shown(file)} is not there", advice="minikf bundle lock")
    lock = read(file)
    if (lock.bundle, lock.version) != (bundle.name, bundle.version):
        raise BundleInvalid(
            f"{shown(file)} is the lock of {lock.bundle} {lock.version}, and not of {bundle.name} {bundle.version}",
            advice="minikf bundle lock",
        )
    return lock


def read(file: Traversable) -> Lock:
    """Raises BundleInvalid for what no `write` has written, and Refused where the file cannot be read."""
    where = shown(file)
    try:
        data = json.loads(file.read_bytes(), object_pairs_hook=_once)
        return _lock(data)
    except OSError as error:
        raise Refused(
            f"{where} cannot be read", cause=error.strerror or str(error), advice="minikf bundle lock"
        ) from error
    except (ValueError, RecursionError) as error:
        raise BundleInvalid(
            f"{where} is no lock that this MiniKF can read", cause=str(error), advice="minikf bundle lock"
        ) from error


def write(lock: Lock, file: Path) -> None:
    """Replaces the file at once; the same lock makes the same bytes. Raises Refused where it cannot be written."""
    new = file.with_name(f".{file.name}.new")
    with readable_failures(file):
        try:
            with new.open("w", encoding="utf-8") as out:
                out.write(text(lock))
                out.flush()
                os.fsync(out.fileno())
            new.replace(file)
        except BaseException:
            new.unlink(missing_ok=True)
            raise


def text(lock: Lock) -> str:
    """The bytes of the file, as text."""
    data = {
        "format": FORMAT,
        "bundle": lock.bundle,
        "version": lock.version,
        "renderer": lock.renderer,
        "files": {name: {"bytes": file.size, "sha256": file.sha256} for name, file in lock.files.items()},
        "components": {
            name: {variant: _variant_data(one) for variant, one in variants.items()}
            for name, variants in lock.components.items()
        },
        "images": {name: _image_data(image) for name, image in lock.images.items()},
    }
    parts = [f" {json.dumps(key)}: {_spread(data[key], _DEPTH.get(key, 1), ' ')}" for key in sorted(data)]
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _spread(value: Any, depth: int, indent: str) -> str:
    if depth < 2 or not value:
        return json.dumps(value, sort_keys=True, ensure_ascii=False)
    inner = indent + " "
    parts = [
        f"{inner}{json.dumps(key, ensure_ascii=False)}: {_spread(value[key], depth - 1, inner)}"
        for key in sorted(value)
    ]
    return "{\n" + ",\n".join(parts) + f"\n{indent}}}"


def _variant_data(one: LockedVariant) -> dict[str, Any]:
    data: dict[str, Any] = {"files": sorted(one.files), "patches": dict(one.patches), "inputs": one.inputs}
    if (facts := one.facts) is not None:
        data["rendered"] = {
            "sha256": facts.sha256,
            "objects": facts.objects,
            "kinds": list(facts.kinds),
            "images": list(facts.images),
            "more_images": list(facts.more_images),
            "cpu_milli": facts.requests.cpu_milli,
            "memory_bytes": facts.requests.memory_bytes,
            "storage_bytes": facts.requests.storage_bytes,
        }
    return data


def _image_data(image: LockedImage) -> Any:
    if image.tag_only:
        return "tag only"
    return {"digest": image.digest, "platforms": list(image.platforms), "bytes": image.size}


def _lock(data: Any) -> Lock:
    fields = _fields(data, "the file", ("format", "bundle", "version", "renderer", "files", "components", "images"))
    if fields["format"] != FORMAT:
        raise ValueError(f"its format is {fields['format']!r}, and this MiniKF reads {FORMAT}")
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
        _each(fields["images"], "images", _image),
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
    fields = _fields(data, where, ("sha256", "objects", "kinds", "images", "more_images", *counts))
    return Facts(
        _hash(fields["sha256"], where),
        _count(fields["objects"], where),
        _texts(fields["kinds"], where),
        _texts(fields["images"], where),
        _texts(fields["more_images"], where),
        Requests(*(_count(fields[name], where) for name in counts)),
    )


def _image(data: Any, where: str) -> LockedImage:
    if data == "tag only":
        return LockedImage()
    fields = _fields(data, where, ("digest", "platforms", "bytes"))
    digest = _text(fields["digest"], where)
    if not _DIGEST.fullmatch(digest):
        raise ValueError(f"{where} has {digest!r} for a digest")
    return LockedImage(digest, _texts(fields["platforms"], where), _count(fields["bytes"], where))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
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


def _hash(value: Any, where: str) -> str:
    if not isinstance(value, str) or not _SHA256.fullmatch(value):
        raise ValueError(f"{where} has {value!r:.80} in place of a sha256")
    return value

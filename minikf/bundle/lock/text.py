"""`bundle.lock` as text: JSON with sorted keys, so that one input makes one file; read strictly."""

from __future__ import annotations

import json
import os
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from minikf.bundle.catalog import shown
from minikf.bundle.errors import BundleInvalid
from minikf.bundle.lock.model import Lock, LockedImage, LockedVariant
from minikf.bundle.lock.strict import FORMAT, TAG_ONLY, once, parsed
from minikf.bundle.model import Bundle
from minikf.errors import Refused
from minikf.files import readable_failures

FILE = "bundle.lock"

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
        data = json.loads(file.read_bytes(), object_pairs_hook=once)
        return parsed(data)
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
            **({"helm": facts.helm} if facts.helm else {}),
        }
    return data


def _image_data(image: LockedImage) -> Any:
    if image.tag_only:
        return TAG_ONLY
    return {"digest": image.digest, "bytes": dict(image.sizes)}

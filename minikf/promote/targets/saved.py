"""A profile on disk: JSON in a format with a number, read strictly, so that half of one is never taken for a target."""

from __future__ import annotations

import json
import types
from collections.abc import Mapping
from dataclasses import MISSING, asdict, fields, is_dataclass
from datetime import datetime
from functools import cache
from typing import Any, get_args, get_origin, get_type_hints

from minikf.errors import Refused
from minikf.promote.targets.profile import TargetProfile

FORMAT = "minikf/target-profile"
VERSION = 1
# A cluster with thousands of kinds and policies fills some megabytes.
MOST_BYTES = 64 * 1024 * 1024


class _Wrong(Exception):
    """A value that cannot stand where it does; the text has the path."""


def text(profile: TargetProfile) -> str:
    """The file of a profile."""
    return json.dumps({"format": FORMAT, "formatVersion": VERSION, "profile": as_dict(profile)}, indent=1) + "\n"


def as_dict(profile: TargetProfile) -> dict[str, Any]:
    """What JSON can hold, by the names of the fields."""
    return asdict(profile) | {"at": profile.at.isoformat()}


def read(data: bytes, where: str, target: str) -> TargetProfile:
    """The profile of `target` that a file holds. Raises Refused, with the advice to probe again, for any other."""
    again = f"minikf target probe {target}"
    try:
        if len(data) > MOST_BYTES:
            raise _Wrong(f"it is larger than {MOST_BYTES:,} bytes")
        found = json.loads(data)
        if not isinstance(found, dict) or found.get("format") != FORMAT:
            raise _Wrong("it is no profile of a target")
        version = found.get("formatVersion")
        if isinstance(version, int) and version > VERSION:
            cause = f"its format is number {version}, and this release reads up to {VERSION}"
            raise Refused(f"{where} is of a newer release of MiniKF", cause=cause, advice=again)
        if version != VERSION or isinstance(version, bool):
            raise _Wrong("its format has no number that is known")
        profile: TargetProfile = _value(found.get("profile"), TargetProfile, "")
        if profile.target != target:
            raise _Wrong(f"it is of the target '{profile.target}'")
        if profile.at.tzinfo is None:
            raise _Wrong("at: it has no time zone")
        return profile
    except (_Wrong, ValueError, RecursionError) as error:
        cause = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise Refused(f"{where} is damaged", cause=cause, advice=again) from error


def _value(found: Any, kind: Any, where: str) -> Any:
    """`found` as the type that a field has. Raises _Wrong."""
    if is_dataclass(kind):
        return _record(found, kind, where)
    origin = get_origin(kind)
    if origin is tuple:
        if not isinstance(found, list):
            raise _Wrong(f"{where}: a list is wanted")
        return tuple(_value(one, get_args(kind)[0], f"{where}[{number}]") for number, one in enumerate(found))
    if origin is Mapping:
        if not isinstance(found, dict):
            raise _Wrong(f"{where}: a mapping is wanted")
        return {key: _value(one, get_args(kind)[1], f"{where}.{key}") for key, one in found.items()}
    if kind is datetime:
        return datetime.fromisoformat(found if isinstance(found, str) else "")
    if kind is not object and (not isinstance(found, kind) or (kind is int and isinstance(found, bool))):
        raise _Wrong(f"{where}: {kind.__name__} is wanted")
    return found


def _record(found: Any, kind: Any, where: str) -> Any:
    if not isinstance(found, dict):
        raise _Wrong(f"{where or 'it'}: a mapping is wanted")
    hints = _hints(kind)
    if unknown := found.keys() - hints.keys():
        raise _Wrong(f"{where}: there is no field '{min(unknown)}'")
    needed = {one.name for one in fields(kind) if one.default is MISSING and one.default_factory is MISSING}
    if missing := needed - found.keys():
        raise _Wrong(f"{where}: the field '{min(missing)}' is missing")
    return kind(**{key: _value(one, hints[key], f"{where}.{key}".lstrip(".")) for key, one in found.items()})


@cache
def _hints(kind: type) -> types.MappingProxyType[str, Any]:
    return types.MappingProxyType(get_type_hints(kind))

"""Makes the folders of a pod's volumes. Files of ConfigMaps and the like change all at once, as kubelet does it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from minikf.embedded import kinds
from minikf.embedded.kinds import Kind
from minikf.embedded.pods import references
from minikf.embedded.pods.layout import PodFolder
from minikf.embedded.pods.references import ConfigError, References
from minikf.embedded.status import Object
from minikf.paths import PlatformPaths

_DATA = "..data"
_SOURCES: dict[str, Kind] = {"configMap": kinds.CONFIG_MAP, "secret": kinds.SECRET}


@dataclass(frozen=True)
class File:
    """One file of a volume."""

    data: bytes
    mode: int


def prepare(pod: Object, folder: PodFolder, refs: References, paths: PlatformPaths) -> dict[str, Path]:
    """The folder (or, for hostPath, file) of every volume by its name. Raises ConfigError, OSError."""
    return {volume["name"]: _prepare(volume, pod, folder, refs, paths) for volume in pod["spec"].get("volumes") or []}


def _prepare(volume: Object, pod: Object, folder: PodFolder, refs: References, paths: PlatformPaths) -> Path:
    name = volume["name"]
    place = folder.volume(name)
    try:
        if "persistentVolumeClaim" in volume:
            return _claim(volume["persistentVolumeClaim"]["claimName"], refs, paths)
        if "hostPath" in volume:
            return _host_path(volume["hostPath"])
        if "emptyDir" in volume or set(volume) == {"name"}:
            place.mkdir(parents=True, exist_ok=True)
            return place
        files = volume_files(volume, pod, refs, paths)
    except ConfigError as error:
        text = f'MountVolume.SetUp failed for volume "{name}" : {error.message}'
        raise ConfigError(text, error.reason, "FailedMount") from error
    write_files(place, files)
    return place


def volume_files(volume: Object, pod: Object, refs: References, paths: PlatformPaths) -> dict[str, File]:
    """The files of a configMap, secret, downwardAPI or projected volume by relative path. Raises ConfigError."""
    for name, source_kind in _SOURCES.items():
        if name in volume:
            return _keys(volume[name], source_kind, refs, _mode(volume[name].get("defaultMode"), 0o644))
    if "downwardAPI" in volume:
        return _downward(volume["downwardAPI"], pod, _mode(volume["downwardAPI"].get("defaultMode"), 0o644))
    if "projected" in volume:
        files: dict[str, File] = {}
        mode = _mode(volume["projected"].get("defaultMode"), 0o644)
        for source in volume["projected"].get("sources") or []:
            files |= _projected(source, pod, refs, paths, mode)
        return files
    kind = next(iter(set(volume) - {"name"}))
    raise ConfigError(f"volumes of the kind {kind} need a cluster (minikf up --engine k3d)")


def _projected(source: Object, pod: Object, refs: References, paths: PlatformPaths, mode: int) -> dict[str, File]:
    for name, kind in _SOURCES.items():
        if name in source:
            return _keys(source[name], kind, refs, mode)
    if "downwardAPI" in source:
        return _downward(source["downwardAPI"], pod, mode)
    if "serviceAccountToken" in source:
        return {source["serviceAccountToken"]["path"]: File(paths.token.read_bytes(), 0o600)}
    raise ConfigError(f"projected sources of the kind {', '.join(source)} need a cluster (minikf up --engine k3d)")


def _keys(source: Object, kind: Kind, refs: References, mode: int) -> dict[str, File]:
    values = refs.values(source, kind)
    if values is None:
        return {}
    items = source.get("items")
    if items is None:
        return {key: File(value, mode) for key, value in values.items()}
    files: dict[str, File] = {}
    for item in items:
        if item["key"] in values:
            files[item["path"]] = File(values[item["key"]], _mode(item.get("mode"), mode))
        elif not source.get("optional"):
            name = source.get("name") or source.get("secretName")
            raise ConfigError(f'references non-existent {kind.singular} key: {item["key"]} (of "{name}")')
    return files


def _downward(source: Object, pod: Object, mode: int) -> dict[str, File]:
    files = {}
    for item in source.get("items") or []:
        if "fieldRef" in item:
            text = references.field(pod, item["fieldRef"]["fieldPath"])
        else:
            text = references.resource_field(pod, pod["spec"]["containers"][0], item["resourceFieldRef"])
        files[item["path"]] = File(text.encode(), _mode(item.get("mode"), mode))
    return files


def _mode(value: int | None, default: int) -> int:
    # The files are ours alone, so we must be able to read them whatever the mode is meant for.
    return (default if value is None else value) | 0o400


def _claim(name: str, refs: References, paths: PlatformPaths) -> Path:
    if not refs.has_claim(name):
        raise ConfigError(f'persistentvolumeclaim "{name}" not found')
    place = paths.volumes / refs.namespace / name
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    return place


def _host_path(source: Object) -> Path:
    path, kind = Path(source["path"]), source.get("type") or ""
    if kind == "DirectoryOrCreate":
        path.mkdir(parents=True, exist_ok=True)
    elif kind == "FileOrCreate":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    if kind == "Directory" and not path.is_dir():
        raise ConfigError(f"hostPath type check failed: {path} is not a directory")
    if kind == "File" and not path.is_file():
        raise ConfigError(f"hostPath type check failed: {path} is not a file")
    if not path.exists():
        raise ConfigError(f"hostPath {path} does not exist")
    return path


def write_files(place: Path, files: Mapping[str, File]) -> bool:
    """Makes `place` hold exactly `files`, switched over in one step; whether anything changed. Raises OSError."""
    place.mkdir(parents=True, exist_ok=True)
    data = place / _DATA
    if data.is_symlink() and _same(data.resolve(), files):
        return False
    fresh = Path(tempfile.mkdtemp(prefix="..", dir=place))
    for path, file in files.items():
        if path.startswith("/") or ".." in Path(path).parts:
            raise ConfigError(f'the path "{path}" must be relative and stay inside the volume')
        target = fresh / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.data)
        target.chmod(file.mode)
    old = data.resolve() if data.is_symlink() else None
    part = place / f"{_DATA}.part"
    part.unlink(missing_ok=True)
    part.symlink_to(fresh.name)
    part.replace(data)
    _link_tops(place, {path.split("/", 1)[0] for path in files})
    if old is not None:
        shutil.rmtree(old, ignore_errors=True)
    return True


def _link_tops(place: Path, names: set[str]) -> None:
    for name in os.listdir(place):  # noqa: PTH208
        if not name.startswith("..") and name not in names:
            (place / name).unlink()
    for name in names:
        link = place / name
        if not link.is_symlink():
            link.symlink_to(f"{_DATA}/{name}")


def _same(folder: Path, files: Mapping[str, File]) -> bool:
    present = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    return present == set(files) and all((folder / path).read_bytes() == file.data for path, file in files.items())

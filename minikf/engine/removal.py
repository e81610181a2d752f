"""Removes the files of a platform: those that MiniKF made, by name, and nothing that it does not know."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

from minikf.engine.protocol import Steps
from minikf.errors import NoProgress
from minikf.kube import bundle
from minikf.paths import PlatformPaths
from minikf.plan import CLUSTERS
from minikf.spec import Event

_TOOL_FILES = (".log", ".log.1", ".yaml", ".kubeconfig")
"""What k3d or kind is told, says and writes, by its name."""

_SERVERS = ("launcher.log", "warm-*.log", "db-manager.log")
"""Logs of the daemon's own processes."""

_SQLITE = ("", "-wal", "-shm", "-journal")


def remove(paths: PlatformPaths, *, keep_data: bool) -> Steps[None]:
    """Removes configuration and state, and the data unless `keep_data`. Raises NoProgress naming what stayed."""
    yield from _remove("configuration", paths.config, _configuration(paths))
    if keep_data:
        yield Event("data", "done", f"kept in {paths.data}")
    else:
        yield from _remove("data", paths.data, _data(paths))
    yield from _remove("state", paths.state, _state(paths))
    _unlink_all([paths.sockets])


def forget_configuration(paths: PlatformPaths) -> None:
    """Removes the files that lead to a cluster, of a platform that did not come to be."""
    _unlink_all(_configuration(paths))
    if paths.config.is_dir() and not any(paths.config.iterdir()):
        paths.config.rmdir()


def _configuration(paths: PlatformPaths) -> list[Path]:
    files = [paths.kubeconfig, paths.ca, paths.token, paths.certificate, paths.key]
    return [*files, paths.config / bundle.NAME, paths.door]


def _state(paths: PlatformPaths) -> list[Path]:
    logs = [log.with_name(log.name + end) for log in (paths.daemon_log, paths.forwarder_log) for end in ("", ".1")]
    forward = [paths.forward_file, paths.forwarder_file, paths.state / "forward.lock"]
    servers = [file for name in _SERVERS for file in paths.state.glob(name)]
    tools = [paths.state / f"{tool}{end}" for tool in CLUSTERS for end in _TOOL_FILES]
    bundled = [paths.choice_file, paths.install_journal, paths.tests_file]
    files = [*logs, *forward, *tools, *bundled, paths.daemon_file, paths.state / "lock", paths.platform_file]
    folders = [paths.tls, paths.served_specs, paths.tried_bodies, paths.state / "shims", paths.state / "kubeadm"]
    return [*folders, *servers, *files]


def _data(paths: PlatformPaths) -> list[Path]:
    databases = [
        base.with_name(base.name + end)
        for base in (paths.database, paths.registry_database, paths.pipelines_database)
        for end in _SQLITE
    ]
    return [
        *databases,
        paths.pods,
        paths.volumes,
        paths.blobs,
        paths.datasets,
        paths.artifacts,
        paths.notebooks,
        paths.served,
        paths.observations,
        paths.data / "serving",
        paths.data / "kept",
        paths.passwords,
    ]


def _remove(what: str, folder: Path, known: list[Path]) -> Steps[None]:
    _unlink_all(known)
    left = sorted(entry.name for entry in folder.iterdir()) if folder.is_dir() else []
    if left:
        yield Event(what, "done", f"removed, except what MiniKF did not make: {', '.join(left)} in {folder}")
        return
    if folder.is_dir():
        folder.rmdir()
    yield Event(what, "done", f"removed {folder}")


def _unlink_all(files: list[Path]) -> None:
    failures: list[str] = []
    for path in files:
        if path.is_dir() and not path.is_symlink():
            _remove_tree(path, failures)
            continue
        try:
            path.unlink(missing_ok=True)  # a link itself, never what it points to
        except OSError as error:
            failures.append(f"{path}: {error.strerror}")
    if failures:
        raise NoProgress(
            f"{failures[0].split(':')[0]} could not be removed",
            cause="; ".join(failures[:5]),
            advice="make it removable and run the same command again",
        )


def _remove_tree(path: Path, failures: list[str]) -> None:
    def retry(function: Callable[..., object], name: str, _: object) -> None:
        try:  # a pod may have left folders without the right to write in them
            Path(name).parent.chmod(stat.S_IRWXU)
            if os.path.isdir(name) and not os.path.islink(name):  # noqa: PTH112, PTH114
                Path(name).chmod(stat.S_IRWXU)
                shutil.rmtree(name)
            else:
                function(name)
        except OSError as error:
            failures.append(f"{name}: {error.strerror}")

    shutil.rmtree(path, onerror=retry)

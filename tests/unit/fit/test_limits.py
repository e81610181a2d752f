"""One table of the kernel's limits, read from a folder that looks like a machine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from minikf.doctor import Level, machine
from minikf.install import limits
from minikf.install.limits import INOTIFY, MESH_MODULES, absent_modules, inotify, told

RELEASE = "6.1.0-18-amd64"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A Debian 12 with its own limits of inotify, where the module for REDIRECT is not there."""
    folder = tmp_path / "proc/sys/fs/inotify"
    folder.mkdir(parents=True)
    (folder / "max_user_instances").write_text("128\n")
    (folder / "max_user_watches").write_text("1255360\n")
    (tmp_path / "proc/modules").write_text("br_netfilter 36864 0 - Live 0x0000000000000000\n")
    lists = tmp_path / "lib/modules" / RELEASE
    lists.mkdir(parents=True)
    there = [name for name in MESH_MODULES if name not in ("br_netfilter", "xt_REDIRECT", "iptable_nat")]
    lines = [f"kernel/net/netfilter/{name}.ko.xz: kernel/net/netfilter/x_tables.ko.xz\n" for name in there]
    (lists / "modules.dep").write_text("".join(lines))
    (lists / "modules.builtin").write_text("kernel/net/ipv4/netfilter/iptable_nat.ko\n")
    return tmp_path


def test_low_limits_are_told_with_the_command(root: Path) -> None:
    instances, watches = inotify(root)
    assert instances.low and instances.change == "sudo sysctl fs.inotify.max_user_instances=2280"
    assert not watches.low
    ((words, change),) = told(["katib"], root)
    assert "max_user_instances is 128" in words and "2280" in words and change == instances.change


def test_a_machine_without_inotify_has_no_limits(tmp_path: Path) -> None:
    assert inotify(tmp_path) == () and told(["istio"], tmp_path) == ()


def test_only_what_is_neither_loaded_nor_built_in_nor_loadable_is_absent(root: Path) -> None:
    assert absent_modules(MESH_MODULES, RELEASE, root) == ("xt_REDIRECT",)


def test_without_lists_nothing_is_claimed(root: Path) -> None:
    assert absent_modules(MESH_MODULES, "another-kernel", root) == ()


def test_modules_count_where_there_is_a_mesh(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.uname()
    monkeypatch.setattr(limits.os, "uname", lambda: type(real)((*real[:2], RELEASE, *real[3:])))
    assert len(told(["katib"], root)) == 1
    words, change = told(["katib", "istio"], root)[1]
    assert "xt_REDIRECT, which Istio's sidecars need" in words and change == "sudo modprobe -a xt_REDIRECT"


def test_the_doctor_asks_for_the_same(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = limits.inotify
    monkeypatch.setattr(limits, "inotify", lambda: real(root))
    instances, watches = machine.inotify()
    assert instances.level is Level.WARNING and str(INOTIFY["max_user_instances"]) in instances.fix
    assert watches.level is Level.OK

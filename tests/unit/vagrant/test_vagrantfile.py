"""What the Vagrantfile says, as Vagrant itself evaluates it; skipped where Debian's vagrant is not installed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from minikf.engine import ports
from minikf.plan import PROFILES

CHECKOUT = Path(__file__).resolve().parents[3]
PROVIDERS = ("virtualbox", "parallels", "libvirt", "qemu")
SHARED = ("virtualbox", "parallels")

Read = Callable[..., dict[str, Any]]


@cache
def _missing() -> str:
    """Why the Vagrantfile cannot be evaluated here; "" where it can."""
    for command in ("vagrant", "ruby"):
        if shutil.which(command) is None:
            return f"{command} is not installed (Debian: apt install vagrant)"
    asked = subprocess.run(["ruby", "-e", 'gem "vagrant"'], capture_output=True, check=False)
    return "" if asked.returncode == 0 else "ruby does not have vagrant as a gem, as Debian's package brings it"


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A home of Vagrant's own, nothing of MiniKF's or a proxy's; its folder for the machine is not in the checkout."""
    if why := _missing():
        pytest.skip(why)
    folder = tmp_path_factory.mktemp("vagrant")
    kept = {key: value for key, value in os.environ.items() if not key.upper().startswith(("MINIKF_", "VAGRANT_"))}
    kept = {key: value for key, value in kept.items() if not key.lower().endswith("_proxy")}
    return kept | {
        "VAGRANT_HOME": str(folder / "home"),
        "VAGRANT_DOTFILE_PATH": str(folder / "dot"),
        "VAGRANT_CHECKPOINT_DISABLE": "1",  # it would ask the web for a newer release
    }


def _run(environment: dict[str, str], *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words, cwd=CHECKOUT, env=environment | variables, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.fixture(scope="module")
def read(environment: dict[str, str]) -> Read:
    """What the Vagrantfile says for a provider, with variables of the host; it is evaluated once for all providers."""
    seen: dict[str, dict[str, dict[str, Any]]] = {}

    def facts(provider: str, **variables: str) -> dict[str, Any]:
        key = str(sorted(variables.items()))
        if key not in seen:
            done = _run(environment, "ruby", str(Path(__file__).with_name("facts.rb")), *PROVIDERS, **variables)
            assert done.returncode == 0, done.stderr
            seen[key] = json.loads(done.stdout.splitlines()[-1])
        return seen[key][provider]

    return facts


def _size(facts: dict[str, Any]) -> tuple[int, int]:
    """CPUs and MiB of memory."""
    own = facts["provider"]
    if "customizations" in own:  # VirtualBox: commands that set the machine up
        said = {one[1][2]: one[1][3] for one in own["customizations"]}
        return int(said["--cpus"]), int(said["--memory"])
    return int(own.get("cpus") or own["smp"]), int(str(own["memory"]).removesuffix("M"))


def test_vagrant_finds_it_valid(environment: dict[str, str]) -> None:
    done = _run(environment, "vagrant", "validate", "--ignore-provider")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "validated successfully" in done.stdout


@pytest.mark.parametrize("provider", PROVIDERS)
def test_machine(read: Read, provider: str) -> None:
    """Ports on loopback only, a checkout that the machine cannot change, and `up` at each start."""
    facts = read(provider)
    assert {one["host_ip"] for one in facts["ports"]} == {"127.0.0.1"}
    forwarded = {one["id"]: one for one in facts["ports"]}
    assert set(forwarded) == {"api", "http", "https", "ssh"}
    assert all(one["auto_correct"] for one in facts["ports"])
    wanted = {"api": ports.PREFERRED[0], "http": ports.HTTP[0], "https": ports.HTTPS[0]}
    assert {name: forwarded[name]["host"] for name in wanted} == wanted

    folders = {path: one for path, one in facts["folders"].items() if not one["disabled"]}
    assert set(folders) == {"/minikf"}
    if provider in SHARED:
        assert folders["/minikf"]["mount_options"] == ["ro"]
        assert "type" not in folders["/minikf"]
    else:  # one way: from the host to the machine
        assert folders["/minikf"]["type"] == "rsync"
        assert {".venv/", ".git/"} <= set(folders["/minikf"]["rsync__exclude"])

    (provisioner,) = facts["provisioners"]
    assert (provisioner["type"], provisioner["run"], provisioner["privileged"]) == ("shell", "always", True)
    assert (CHECKOUT / provisioner["path"]).is_file()
    assert facts["box"] == ("bento/debian-12" if provider in SHARED else "cloud-image/debian-12")
    assert _size(facts) == (2, 4096)


def test_ports_that_the_machine_listens_on_are_those_that_its_script_leads_on(read: Read) -> None:
    script = (CHECKOUT / "scripts/vm/provision.sh").read_text()
    for one in read("virtualbox")["ports"]:
        if one["id"] != "ssh":
            assert f"relay {one['id']} {one['guest']} " in script
            assert one["guest"] not in (*ports.PREFERRED, *ports.HTTP, *ports.HTTPS)


def test_by_libvirt_nothing_listens_where_other_machines_reach_it(read: Read) -> None:
    facts = read("libvirt")
    assert {one["guest_ip"] for one in facts["ports"] if one["id"] != "ssh"} == {"127.0.0.1"}
    assert facts["provisioners"][0]["env"] == {"MINIKF_VM_LISTEN": "127.0.0.1"}


@pytest.mark.parametrize(
    ("profile", "size", "disk"),
    [("none", (2, 4096), 20), ("lite", (4, 8192), 40), ("standard", (4, 12288), 80), ("full", (6, 16384), 120)],
)
def test_sizes_of_profiles(read: Read, profile: str, size: tuple[int, int], disk: int) -> None:
    assert profile in PROFILES
    assert _size(read("virtualbox", MINIKF_PROFILE=profile)) == size
    facts = read("libvirt", MINIKF_PROFILE=profile)
    assert _size(facts) == size
    assert facts["provider"]["machine_virtual_size"] == disk


def test_what_the_host_may_say(read: Read) -> None:
    facts = read(
        "qemu", MINIKF_VM_MEMORY="6000", MINIKF_VM_CPUS="3", MINIKF_VM_BOX="mine/debian", MINIKF_ENGINE="k3d",
        https_proxy="http://proxy:3128", MINIKF_VM_CA="/etc/hostname",
    )  # fmt: skip
    assert _size(facts) == (3, 6000)
    assert facts["box"] == "mine/debian"
    ca, script = facts["provisioners"]
    assert (ca["type"], ca["run"]) == ("file", "always")
    assert script["env"] == {
        "MINIKF_ENGINE": "k3d", "https_proxy": "http://proxy:3128", "MINIKF_VM_CA": "/tmp/minikf-ca.crt",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("MINIKF_PROFILE", "huge", "there are none, lite, standard, full"),
        ("MINIKF_VM_MEMORY", "8G", "MINIKF_VM_MEMORY=8G is no number above 0"),
        ("MINIKF_VM_CPUS", "0", "MINIKF_VM_CPUS=0 is no number above 0"),
    ],
)
def test_what_makes_no_sense_is_told(environment: dict[str, str], variable: str, value: str, said: str) -> None:
    done = _run(environment, "vagrant", "validate", "--ignore-provider", **{variable: value})
    assert done.returncode != 0
    assert said in done.stdout + done.stderr

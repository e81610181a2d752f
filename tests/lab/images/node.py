"""The root file system of a node: Debian, kind's node files, Kubernetes' commands, and the images of its own pods."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from binaries.recipe import KUBERNETES, LOCAL_PATH
from children import run
from dockerd.machine import RUNC
from keep import Say, Unavailable

from . import kindfiles, oci
from .userland import userland

LOAD = Path(__file__).with_name("load.sh")
PROVISIONER = f"docker.io/minikf-lab/local-path-provisioner:v{LOCAL_PATH}"
USERLAND = "docker.io/minikf-lab/userland:1"
_NETWORK = "10.244.0.0/24"  # of the first node in the pod network that kind and the k3s stand-in ask for
_SERVICES = "10.96.0.0/12"  # kubeadm's default service network; kind's own is the first part of it
_UNITS = ("kubelet.service", "containerd.service", "undo-mount-hacks.service")
# Which units Debian starts by itself, in folders of links: kind's own node image takes these away.
_UNWANTED = (
    "lib/systemd/system/sysinit.target.wants/systemd-tmpfiles-setup.service",
    "lib/systemd/system/multi-user.target.wants/*",
    "lib/systemd/system/local-fs.target.wants/*",
    "lib/systemd/system/basic.target.wants/*",
    "lib/systemd/system/sockets.target.wants/*udev*",
    "lib/systemd/system/sockets.target.wants/*initctl*",
    "etc/systemd/system/*.wants/*",
)


def make(root: Path, debian: Path, binaries: Path, restricted: bool, say: Say) -> None:
    """Everything that the node image holds, at `root`. `restricted`: for a machine without CAP_SYS_RESOURCE."""
    say("node: unpacking Debian, laying kind's files over it")
    root.mkdir()
    run("tar", "--extract", "--numeric-owner", "--same-permissions", "--directory", root, "--file", debian)
    source = kindfiles.module()
    kindfiles.lay(source, root)
    images = _images(root, binaries)
    _systemd(root)
    _containerd(root, images["pause"].name, restricted)
    _network(root)
    (root / "etc/kubernetes/manifests").mkdir(parents=True)
    manifests = root / "kind/manifests"
    manifests.mkdir()
    (manifests / "default-storage.yaml").write_text(kindfiles.storage(source, PROVISIONER, USERLAND))
    # kind applies this one too. A single node needs no network daemon, so it holds a mark and nothing else.
    mark = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "minikf-lab", "namespace": "kube-system"}}
    (manifests / "default-cni.yaml").write_text(json.dumps(mark))
    (root / "kind/version").write_text(f"v{KUBERNETES}")
    for name in ("kubeadm", "kubelet", "kubectl", "crictl"):
        _copy(binaries / name, root / "usr/bin" / name)
    say(f"node: loading {len(images)} images into its containerd")
    _load(root, list(images.values()))


def _images(root: Path, binaries: Path) -> dict[str, oci.Image]:
    """The images of the node's own pods, by the names under which kubeadm asks for them."""
    told = run(binaries / "kubeadm", "config", "images", "list", "--kubernetes-version", f"v{KUBERNETES}")
    names = {line.rpartition(":")[0].rpartition("/")[2]: line for line in told.split()}
    places = {name: f"/usr/local/bin/{name}" for name in names} | {"coredns": "/coredns", "pause": "/pause"}
    small = userland(root)
    found = {
        name: oci.Image(
            names[name],
            (place,),
            ((binaries / name, place),),
            userland=small if name == "kube-proxy" else b"",
        )
        for name, place in places.items()
    }
    provisioner = "/usr/local/bin/local-path-provisioner"
    found["provisioner"] = oci.Image(PROVISIONER, (provisioner,), ((binaries / "local-path-provisioner", provisioner),))
    found["userland"] = oci.Image(USERLAND, userland=small)
    return found


def _systemd(root: Path) -> None:
    for pattern in _UNWANTED:
        for link in root.glob(pattern):
            link.unlink()
    with (root / "etc/systemd/journald.conf").open("a") as conf:
        conf.write("ReadKMsg=no\n")
    (root / "sbin/init").unlink(missing_ok=True)
    (root / "sbin/init").symlink_to("/usr/lib/systemd/systemd")
    run("chroot", root, "/usr/bin/systemctl", "enable", *_UNITS)
    run("chroot", root, "/usr/bin/systemctl", "mask", "systemd-binfmt.service")


def _containerd(root: Path, pause: str, restricted: bool) -> None:
    _replace(root / "etc/systemd/system/containerd.service", "/usr/local/bin/containerd", "/usr/bin/containerd")
    settings = root / "etc/containerd/config.toml"
    lines = settings.read_text().splitlines()
    (line,) = (line for line in lines if "sandbox_image" in line)
    _replace(settings, line, f'  sandbox_image = "{pause}"')
    spec = json.loads(run("chroot", root, "/usr/bin/ctr", "oci", "spec"))
    hooks = spec.setdefault("hooks", {}).setdefault("createContainer", [])
    hooks.append({"path": "/kind/bin/mount-product-files.sh"})
    del spec["process"]["rlimits"]
    (root / "etc/containerd/cri-base.json").write_text(json.dumps(spec))
    if restricted:  # containerd inside looks for runc on its PATH, where /usr/local/sbin is first
        _copy(RUNC, root / "usr/local/sbin/runc")
        _replace(settings, "restrict_oom_score_adj = false", "restrict_oom_score_adj = true")


def _network(root: Path) -> None:
    """A static point-to-point network in place of kind's network daemon: there is one node."""
    (root / "opt/cni").mkdir(parents=True, exist_ok=True)
    (root / "opt/cni/bin").symlink_to("/usr/lib/cni")
    address = {
        "type": "host-local",
        "dataDir": "/run/cni-ipam-state",  # gone when the node restarts, as the pods' addresses are
        "routes": [{"dst": "0.0.0.0/0"}],
        "ranges": [[{"subnet": _NETWORK}]],
    }
    plugins = [
        {"type": "ptp", "ipMasq": True, "mtu": 1500, "ipam": address},
        {"type": "portmap", "capabilities": {"portMappings": True}},
    ]
    folder = root / "etc/cni/net.d"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "10-minikf-lab.conflist").write_text(
        json.dumps({"cniVersion": "0.3.1", "name": "minikf-lab", "plugins": plugins})
    )
    # Until kube-proxy has set its rules, a pod's call of a service would leave the machine by the default route, and
    # whatever answers out there is not the service. Dropped, it is sent again a second later, when the rules are there.
    unit = root / "etc/systemd/system/containerd.service.d/minikf-lab.conf"
    unit.parent.mkdir()
    unit.write_text("[Service]\nExecStartPre=-/usr/local/bin/keep-services-inside\n")
    script = root / "usr/local/bin/keep-services-inside"
    script.write_text(f"#!/bin/sh\nexec iptables --append FORWARD --destination {_SERVICES} --jump DROP\n")
    script.chmod(0o755)


def _load(root: Path, images: list[oci.Image]) -> None:
    archive = root.parent / "images.tar"
    oci.write(images, archive)
    own = ("unshare", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child")
    run(*own, "sh", LOAD, root, archive)
    archive.unlink()


def _copy(file: Path, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, place)
    place.chmod(0o755)


def _replace(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    if old not in text:
        raise Unavailable(f"kind's {file.name} is not what it was: no '{old}' in it")
    file.write_text(text.replace(old, new))

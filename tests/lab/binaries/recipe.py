"""What the lab builds from published Go modules: versions, packages, flags, and what each command must answer.

Few of these projects can be built by `go install`: it refuses a module that replaces others, k8s.io/kubernetes points
its staging modules to local folders, and etcd's server is a library with siblings. So each has a wrapper module in this
folder: its go.mod settles every version, its go.sum pins every byte of source.
"""

from __future__ import annotations

import hashlib
import platform
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
KUBERNETES = "1.34.4"
ETCD = "3.6.4"
KIND = "0.33.0"
K3D = "5.8.3"
COREDNS = "1.12.4"
LOCAL_PATH = "0.0.30"
CRI_TOOLS = "1.34.0"
TRAINER = "2.1.0"
JOBSET = "0.10.1"
KSERVE = "0.15.2"
TRAINING_OPERATOR = "1.8.1"
KWOK = "0.8.0"
HELM = "4.2.4"
# The newest of each that can be built with Go 1.26.
ARGO_CD = "3.2.12"
FLUX_RUNTIME = "0.117.0"


@dataclass(frozen=True)
class Binary:
    """One command: its Go package, how it is asked for its version, and the start of a line that it then prints.

    Without arguments it is not asked: it tells none.
    """

    name: str
    package: str
    version_args: tuple[str, ...] = ()
    version: str = ""


@dataclass(frozen=True)
class Module:
    """One wrapper module, the folder `name`, and the commands that it builds, with the same flags for all."""

    name: str
    binaries: tuple[Binary, ...]
    ldflags: str = ""

    @property
    def folder(self) -> Path:
        return HERE / self.name

    @property
    def hash(self) -> str:
        """Sixteen hex digits that change with anything that changes the commands: sources, flags, platform."""
        digest = hashlib.sha256(f"{platform.system()} {platform.machine()} {self}".encode())
        for path in sorted(self.folder.glob("*.*")):
            digest.update(f"{path.name} {path.stat().st_size}\n".encode() + path.read_bytes())
        return digest.hexdigest()[:16]


def _kubernetes(name: str, *version_args: str, version: str = f"Kubernetes v{KUBERNETES}") -> Binary:
    return Binary(name, f"k8s.io/kubernetes/cmd/{name}", version_args or ("--version",), version)


_TRAINER = "github.com/kubeflow/trainer/v2"
_OPERATOR = "github.com/kubeflow/training-operator"
_STAMP = "k8s.io/component-base/version"
_MAJOR, _MINOR, _ = KUBERNETES.split(".")

_FOR_CLUSTERS = (
    Module(
        "kubernetes",
        (
            _kubernetes("kube-apiserver"),
            _kubernetes("kubectl", "version", "--client", version=f"Client Version: v{KUBERNETES}"),
            _kubernetes("kube-controller-manager"),
            _kubernetes("kube-scheduler"),
            _kubernetes("kube-proxy"),
            _kubernetes("kubelet"),
            _kubernetes("kubeadm", "version", "-o", "short", version=f"v{KUBERNETES}"),
        ),
        f"-X {_STAMP}.gitVersion=v{KUBERNETES} -X {_STAMP}.gitMajor={_MAJOR} -X {_STAMP}.gitMinor={_MINOR} "
        f"-X {_STAMP}.gitTreeState=clean",
    ),
    Module("etcd", (Binary("etcd", "go.etcd.io/etcd/server/v3", ("--version",), f"etcd Version: {ETCD}"),)),
    Module("kind", (Binary("kind", "sigs.k8s.io/kind", ("version",), f"kind v{KIND} "),)),
    Module(
        "k3d",
        (Binary("k3d", "github.com/k3d-io/k3d/v5", ("version",), f"k3d version v{K3D}"),),
        f"-X github.com/k3d-io/k3d/v5/version.Version=v{K3D}",  # it names the tools image that k3d wants
    ),
    Module("coredns", (Binary("coredns", "github.com/coredns/coredns", ("-version",), f"CoreDNS-{COREDNS}"),)),
    Module(
        "local-path-provisioner",
        (
            Binary(
                "local-path-provisioner",
                "github.com/rancher/local-path-provisioner",
                ("--version",),
                f"local-path-provisioner version v{LOCAL_PATH}",
            ),
        ),
        f"-X main.VERSION=v{LOCAL_PATH}",
    ),
    Module(
        "cri-tools",
        (Binary("crictl", "sigs.k8s.io/cri-tools/cmd/crictl", ("--version",), f"crictl version {CRI_TOOLS}"),),
        f"-X sigs.k8s.io/cri-tools/pkg/version.Version={CRI_TOOLS}",
    ),
    Module("pause", (Binary("pause", "minikf.invalid/lab/pause", ("--version",), "pause of MiniKF's lab"),)),
)
# Kubeflow's controllers, and kwok, which plays the part of pods that cannot run. A manager tells no version: its go.mod
# has settled that. Trainer 2.1 needs JobSet 0.10: with 0.8 it fails ("groupName: field not declared in schema").
_CONTROLLERS = (
    Module("trainer", (Binary("trainer-controller-manager", f"{_TRAINER}/cmd/trainer-controller-manager"),)),
    Module("jobset", (Binary("jobset", "sigs.k8s.io/jobset"),)),
    Module("kserve", (Binary("kserve-manager", "github.com/kserve/kserve/cmd/manager"),)),
    Module("training-operator", (Binary("training-operator", f"{_OPERATOR}/cmd/training-operator.v1"),)),
    Module(
        "kwok",
        (Binary("kwok", "sigs.k8s.io/kwok/cmd/kwok", ("--version",), f"kwok version v{KWOK} "),),
        f"-X sigs.k8s.io/kwok/pkg/consts.Version=v{KWOK}",
    ),
)
_FOR_CHARTS = (
    Module(
        "helm",
        (Binary("helm", "helm.sh/helm/v4/cmd/helm", ("version", "--template", "{{.Version}}"), f"v{HELM}"),),
        f"-X helm.sh/helm/v4/internal/version.version=v{HELM}",
    ),
)
# Argo CD's and Flux's own judges of health, each with a few lines of the lab's around it.
_FOR_GITOPS = (
    Module("argo-health", (Binary("argo-health", "minikf.invalid/lab/argo-health"),)),
    Module("flux-health", (Binary("flux-health", "minikf.invalid/lab/flux-health"),)),
)
MODULES = _FOR_CLUSTERS + _CONTROLLERS + _FOR_CHARTS + _FOR_GITOPS


def _names(modules: tuple[Module, ...]) -> tuple[str, ...]:
    return tuple(binary.name for module in modules for binary in module.binaries)


API = ("etcd", "kube-apiserver", "kubectl")
CLUSTERS = _names(_FOR_CLUSTERS)
CONTROLLERS = _names(_CONTROLLERS)
CHARTS = _names(_FOR_CHARTS)
GITOPS = _names(_FOR_GITOPS)
GROUPS = {"api": API, "clusters": CLUSTERS, "controllers": CONTROLLERS, "charts": CHARTS, "gitops": GITOPS}


def wanted(names: tuple[str, ...]) -> dict[Module, tuple[Binary, ...]]:
    """Which commands to build of which module. Raises KeyError for a name that no module has."""
    unknown = set(names) - {binary.name for module in MODULES for binary in module.binaries}
    if unknown:
        raise KeyError(f"no module builds {', '.join(sorted(unknown))}")
    chosen = {module: tuple(one for one in module.binaries if one.name in names) for module in MODULES}
    return {module: binaries for module, binaries in chosen.items() if binaries}

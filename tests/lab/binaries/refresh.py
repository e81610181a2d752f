"""Writes the wrapper modules' go.mod and go.sum anew for the versions of the recipe. Needs the network."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from keep import Say

from . import recipe
from .recipe import ETCD, HERE, KUBERNETES

_PLAIN = {
    "kind": f"sigs.k8s.io/kind v{recipe.KIND}",
    "k3d": f"github.com/k3d-io/k3d/v5 v{recipe.K3D}",
    "coredns": f"github.com/coredns/coredns v{recipe.COREDNS}",
    "local-path-provisioner": f"github.com/rancher/local-path-provisioner v{recipe.LOCAL_PATH}",
    "cri-tools": f"sigs.k8s.io/cri-tools v{recipe.CRI_TOOLS}",
    "trainer": f"github.com/kubeflow/trainer/v2 v{recipe.TRAINER}",
    "jobset": f"sigs.k8s.io/jobset v{recipe.JOBSET}",
    "kserve": f"github.com/kserve/kserve v{recipe.KSERVE}",
    "training-operator": f"github.com/kubeflow/training-operator v{recipe.TRAINING_OPERATOR}",
    "kwok": f"sigs.k8s.io/kwok v{recipe.KWOK}",
    "helm": f"helm.sh/helm/v4 v{recipe.HELM}",
    "argo-health": f"github.com/argoproj/argo-cd/v3 v{recipe.ARGO_CD}",
    "flux-health": f"github.com/fluxcd/pkg/runtime v{recipe.FLUX_RUNTIME}",
}


def refresh(say: Say) -> None:
    """All wrapper modules, one after the other."""
    lines = {name: [f"require {module}"] for name, module in _PLAIN.items()}
    lines |= {"etcd": _etcd(), "kubernetes": _kubernetes()}
    for name, required in lines.items():
        say(f"{name}: resolving modules")
        folder = HERE / name
        (folder / "go.mod").write_text("\n".join([f"module minikf.invalid/lab/{name}", "", "go 1.24.0", *required, ""]))
        (folder / "go.sum").unlink(missing_ok=True)
        subprocess.run(["go", "mod", "tidy", "-e"], cwd=folder, check=True)


def _etcd() -> list[str]:
    """etcd's siblings are required at one version."""
    modules = ("api", "client/pkg", "client", "server", "pkg")
    return [f"require go.etcd.io/etcd/{module}/v3 v{ETCD}" for module in modules]


def _kubernetes() -> list[str]:
    """Each staging module `k8s.io/NAME v0.0.0` of Kubernetes 1.X.Y is published as v0.X.Y."""
    told = subprocess.run(
        ["go", "mod", "download", "-json", f"k8s.io/kubernetes@v{KUBERNETES}"],
        capture_output=True,
        text=True,
        check=True,
    )
    required = Path(json.loads(told.stdout)["GoMod"]).read_text().splitlines()
    staging = sorted({line.split()[0] for line in required if line.split()[1:2] == ["v0.0.0"]})
    twin = "v0." + KUBERNETES.split(".", 1)[1]
    return [f"require k8s.io/kubernetes v{KUBERNETES}", *(f"replace {name} => {name} {twin}" for name in staging)]

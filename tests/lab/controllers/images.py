"""Images of the controllers that the lab builds, under the names by which upstream's manifests ask for them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from images import oci

# Distroless' nonroot, which upstream's images run as: the manifests say runAsNonRoot and name no user.
_USER = "65532:65532"


@dataclass(frozen=True)
class Built:
    """A command of the lab in place of upstream's image of that name, at the path that the manifest calls."""

    command: str
    name: str
    place: str = "/manager"


# The operator of v1 is of a commit of its branch upstream; its last published module is close to that.
BUILT = (
    Built("trainer-controller-manager", "ghcr.io/kubeflow/trainer/trainer-controller-manager"),
    Built("jobset", "registry.k8s.io/jobset/jobset"),
    Built("kserve-manager", "kserve/kserve-controller"),
    Built("training-operator", "ghcr.io/kubeflow/training-v1/training-operator"),
)


def built_for(image: str) -> Built | None:
    """The command that stands for an image of a manifest; None for one that the lab cannot build."""
    return next((one for one in BUILT if one.name == image.rpartition(":")[0]), None)


def archive(images: set[str], commands: Path, target: Path) -> Path:
    """An archive for `minikf image load` with those of `images` that the lab builds."""
    made = []
    for image in sorted(images):
        built = built_for(image)
        if built is not None:
            files = ((commands / built.command, built.place),)
            made.append(oci.Image(_whole(image), (built.place,), files, user=_USER))
    oci.write(made, target)
    return target


def _whole(image: str) -> str:
    """With the registry that containerd adds."""
    return image if "." in image.partition("/")[0] else f"docker.io/{image}"

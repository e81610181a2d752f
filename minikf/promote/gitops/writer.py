"""`gitops/<target>/`: what Argo CD and Flux are told, as files for a git repository."""

from __future__ import annotations

from minikf.promote.gitops import argo, flux
from minikf.promote.gitops.place import NO_URL, Delivery
from minikf.promote.gitops.readme import readme
from minikf.promote.model import Object
from minikf.promote.yamltext import dump

_OURS = "# Written by `minikf promote` and replaced by it.\n"
_MERGE = (
    "# A patch, not a whole: it adds these keys to argocd-cm and leaves all others. How to merge it is in README.md.\n"
)
_ASK = f"# {NO_URL} stands for the address of the git repository: put it there, or promote with its address again.\n"


def write(delivery: Delivery, objects: tuple[Object, ...], unanswered: tuple[str, ...] = ()) -> dict[str, str]:
    """The files by their path in the folder of the promotion; the same arguments give the same bytes.

    `objects` are what the overlay of this target renders, `unanswered` the placeholders that are still open there.
    """
    ask = "" if delivery.repository.known else _ASK
    files = {
        "README.md": readme(delivery, objects, unanswered),
        "argo/application.yaml": _OURS + ask + dump(argo.application(delivery, objects)),
        "argo/argocd-cm.patch.yaml": _OURS + _MERGE + dump(argo.settings(delivery)),
        "flux/git-repository.yaml": _OURS + ask + dump(flux.git_repository(delivery)),
        "flux/sync.yaml": _OURS + dump(flux.kustomization(delivery, objects)),
    }
    return {f"gitops/{delivery.target}/{name}": text for name, text in files.items()}

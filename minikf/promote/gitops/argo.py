"""What Argo CD is told: an Application for the overlay of a target, and health rules for its ConfigMap argocd-cm.

Fields as in argo-cd v3.6.1, manifests/crds/application-crd.yaml; what the options mean in its docs/user-guide
(sync-options.md, auto_sync.md) and docs/operator-manual/health.md.
"""

from __future__ import annotations

from minikf.promote.gitops.health import RULES
from minikf.promote.gitops.kept import patches
from minikf.promote.gitops.lua import lua
from minikf.promote.gitops.place import NO_URL, Delivery
from minikf.promote.model import Object

# The cluster that Argo CD itself runs in, by the name that its API server has inside.
_ITSELF = "https://kubernetes.default.svc"
_KEEP = ("argocd.argoproj.io/sync-options", "Prune=false,Delete=false")
_OPTIONS = ["ServerSideApply=true", "CreateNamespace=false", "FailOnSharedResource=true"]


def application(delivery: Delivery, objects: tuple[Object, ...]) -> Object:
    """It follows the repository, deletes nothing by itself and leaves alone what somebody changes by hand.

    It has no finalizer: to delete the Application takes nothing of the promotion away.
    """
    repository = delivery.repository
    source: Object = {
        "repoURL": repository.url or NO_URL,
        "targetRevision": repository.revision,
        "path": repository.path(f"overlays/{delivery.target}"),
    }
    if kept := patches(objects, *_KEEP):
        source["kustomize"] = {"patches": kept}
    cluster = {"name": delivery.cluster} if delivery.cluster else {"server": delivery.server or _ITSELF}
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": delivery.name, "namespace": delivery.argo_namespace},
        "spec": {
            "project": delivery.project,
            "source": source,
            "destination": cluster | {"namespace": delivery.namespace},
            "syncPolicy": {"automated": {"prune": False, "selfHeal": False}, "syncOptions": list(_OPTIONS)},
        },
    }


def settings(delivery: Delivery) -> Object:
    """A patch for argocd-cm with the rules of all kinds: it is one for all applications of an Argo CD."""
    rules = sorted(RULES, key=lambda rule: rule.key)
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "argocd-cm", "namespace": delivery.argo_namespace},
        "data": {f"resource.customizations.health.{rule.key}": lua(rule) for rule in rules},
    }

"""The page that stands beside the files: what each is for, who applies it, and what is still missing."""

from __future__ import annotations

from minikf.promote.gitops.flux import timeout
from minikf.promote.gitops.place import NO_URL, Delivery
from minikf.promote.model import Object


def readme(delivery: Delivery, objects: tuple[Object, ...], unanswered: tuple[str, ...]) -> str:
    parts = [
        f"# {delivery.name}: promotion by GitOps\n\n"
        f"Argo CD or Flux keeps namespace `{delivery.namespace}` of target `{delivery.target}` as "
        f"`overlays/{delivery.target}` says. Use one of them, not both: each would take the other's fields.\n",
        *_missing(delivery, unanswered),
        _argo(delivery),
        _flux(delivery, objects),
        "## What neither does\n\n"
        "- Neither deletes anything by itself. Claims, secrets, namespaces and definitions are marked to be kept even "
        "where somebody turns pruning on.\n"
        "- No secret is in this folder, only names of secrets, so there is nothing to decrypt and Flux's `decryption` "
        "is left out. A SealedSecret or an ExternalSecret is turned into a Secret inside the cluster.\n"
        "- Neither copies images, models or data: `minikf promote` does that before.\n",
    ]
    return "\n".join(parts)


def _missing(delivery: Delivery, unanswered: tuple[str, ...]) -> list[str]:
    lines = []
    if not delivery.repository.known:
        lines.append(
            f"- The address of the git repository. `{NO_URL}` stands in its place in `argo/application.yaml` and "
            "`flux/git-repository.yaml`. With it Argo CD takes the Application and shows it with an error, and for "
            "Flux the API server refuses the GitRepository."
        )
    lines += [
        f"- A value for `{name}` in `overlays/{delivery.target}/answers.env`; do not commit before."
        for name in unanswered
    ]
    return ["## Still missing\n\n" + "\n".join(lines) + "\n"] if lines else []


def _argo(delivery: Delivery) -> str:
    patch = f"kubectl patch configmap argocd-cm -n {delivery.argo_namespace} --patch-file argo/argocd-cm.patch.yaml"
    return (
        "## Argo CD\n\n"
        "1. Once for each Argo CD, by who administers it. `argo/argocd-cm.patch.yaml` teaches it when Kubeflow's kinds "
        "are healthy. Look at what comes of it, then merge it; keys that are there and are not in the file stay:\n\n"
        f"       {patch} --dry-run=server -o yaml\n"
        f"       {patch}\n\n"
        "   Where kustomize or Helm owns argocd-cm, name the file under `patches:` there, or copy its keys. Never "
        "replace argocd-cm with it.\n"
        "2. Commit the folder of the promotion, push it, then:\n\n"
        "       kubectl apply -f argo/application.yaml\n\n"
        "A commit is applied by itself; what it no longer holds stays until a person prunes it, and what somebody "
        "changes by hand stays until the next commit. To delete the Application leaves its objects.\n"
    )


def _flux(delivery: Delivery, objects: tuple[Object, ...]) -> str:
    limit = timeout(objects)
    long = (
        f" A training that takes longer than {limit} is shown as failed until it ends: raise `timeout` in "
        "`flux/sync.yaml`."
        if limit.endswith("h")
        else ""
    )
    return (
        "## Flux\n\n"
        "Commit the folder of the promotion, push it, then:\n\n"
        "    kubectl apply -f flux/git-repository.yaml -f flux/sync.yaml\n\n"
        f"The revision is `{delivery.repository.revision}`. A repository that is not public wants a Secret in "
        f"namespace `{delivery.flux_namespace}`, named in `spec.secretRef` of the GitRepository. "
        f"The Kustomization is ready once the objects are healthy, within {limit}.{long}\n"
    )

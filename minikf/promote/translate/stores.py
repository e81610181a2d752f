"""Addresses in the target's store, and addresses of the laptop's own store, which no other cluster has."""

from __future__ import annotations

import re

from minikf.promote.fields import free_texts
from minikf.promote.model import Object, Placeholder
from minikf.promote.move.address import content_address
from minikf.promote.references import dotted
from minikf.promote.targets.spec import TargetSpec
from minikf.promote.translate.choices import file_of
from minikf.promote.translate.model import Edit, Said, World, error

# The bucket and the Services of the store inside a Kubeflow: kubeflow/manifests 26.03, applications/pipeline/upstream
# (base/installs/generic/pipeline-install-config.yaml, third-party/seaweedfs and third-party/minio).
_BUCKET = re.compile(r"\b(?:minio|s3)://mlpipeline(?=[/\s\"']|$)|\bminio://[^/\s\"']+")
_ENDPOINT = re.compile(
    r"(?<![\w.-])(?:https?://)?(?:seaweedfs|minio-service|minio)\.kubeflow(?:\.svc(?:\.cluster\.local)?)?"
    r"(?::\d+)?(?![\w-]|\.\w)"
)


def address(spec: TargetSpec, one: Placeholder) -> str:
    """Where a model or data goes: by name and checksum, so that a new version never takes an older one's place."""
    kind = "data" if one.name.startswith("DATA_URI_") else "models"
    name = one.name.split("_URI_", 1)[1].lower().replace("_", "-")
    return content_address(spec.store, f"{kind}/{name}", one.sha256)


def for_kserve(uri: str, spec: TargetSpec) -> str:
    """`uri` as KServe's storage initializer reads it, "" where that takes an answer which nobody gave.

    It knows Azure's store by its web address only (KServe documentation, "Deploy InferenceService with a saved model
    on Azure": `https://ACCOUNT.blob.core.windows.net/CONTAINER/PATH`).
    """
    if not uri.startswith(("az://", "abfs://")):
        return uri
    account = spec.store_options.get("account", "")
    return f"https://{account}.blob.core.windows.net/{uri.partition('://')[2]}" if account else ""


def of_the_laptop(obj: Object, world: World) -> Said:
    """Texts that name the store inside the laptop's Kubeflow get the target's, or are an error."""
    if (obj["kind"], obj["metadata"]["name"]) == ("ConfigMap", "kfp-launcher"):
        return  # the rule of pipelines reads it as a whole
    store, endpoint = world.spec.store.rstrip("/"), world.spec.store_options.get("endpoint", "")
    for path, text in free_texts(obj):
        if path[-1] == "defaultPipelineRoot":
            continue  # likewise
        new = _BUCKET.sub(store, text) if store else text
        new = for_kserve(new, world.spec) if new != text and path[-1] == "storageUri" else new
        new = _ENDPOINT.sub(endpoint, new) if endpoint and not _ENDPOINT.search(endpoint) else new
        why = [f"target {world.spec.name} keeps data in {store}"] if store and _BUCKET.search(text) else []
        why += [f"its store is at {endpoint}"] if endpoint and _ENDPOINT.search(text) else []
        if new != text and not _BUCKET.search(new):
            yield Edit(path, new, "; ".join(why))
        elif new != text:
            new = text
        left = _BUCKET.search(new) or (None if endpoint else _ENDPOINT.search(new))
        if left:
            field = "store: s3://BUCKET/PREFIX" if _BUCKET.search(new) else "store_options: {endpoint: URL}"
            yield error(
                dotted(path),
                f"'{left[0]}' is the store inside the Kubeflow of here",
                f"target {world.spec.name} does not say what takes its place",
                f"{field} in {file_of(world.spec)}",
            )

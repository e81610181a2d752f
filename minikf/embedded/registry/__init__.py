"""The model registry: the REST API of Kubeflow's model registry on SQLite, with model files stored by content.

registry = ModelRegistry(RegistryStore.open(paths.registry_database), BlobStore(paths.blobs), paths.volumes)
app = registry_app(registry, lookup)                 # ASGI, mounted at /api/model_registry
model = await resolve_model(registry, "digits")      # what an InferenceService serves
await registry.close()
"""

from minikf.embedded.registry.app import PREFIX, registry_app
from minikf.embedded.registry.errors import RegistryError
from minikf.embedded.registry.lineage import Lookup, lineage
from minikf.embedded.registry.registry import ModelRegistry
from minikf.embedded.registry.resolve import ResolvedModel, parse_model_uri, resolve_model
from minikf.embedded.registry.store import RegistryStore

__all__ = [
    "PREFIX",
    "Lookup",
    "ModelRegistry",
    "RegistryError",
    "RegistryStore",
    "ResolvedModel",
    "lineage",
    "parse_model_uri",
    "registry_app",
    "resolve_model",
]

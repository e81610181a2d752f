"""What the REST API changes of a pipeline or version that an object says: the object first, then the store."""

from __future__ import annotations

from minikf.embedded.kinds import PIPELINE, PIPELINE_VERSION, Kind
from minikf.embedded.objects import Objects
from minikf.embedded.options import DeleteOptions
from minikf.embedded.status import ApiError, Object


class ObjectCatalog:
    """`api.call.Catalog` over the platform's objects; what is gone already is no error."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    async def delete(self, kind: str, identity: str) -> None:
        """Deletes the object of a "pipeline" or a "version"; versions of a pipeline follow by their owner."""
        found = self._find(_KINDS[kind], identity)
        if found is not None:
            how = DeleteOptions(propagation="Background", uid=identity)
            try:
                await self._objects.delete(_KINDS[kind], found["namespace"], found["name"], how=how)
            except ApiError as error:
                if error.code != 404:
                    raise

    async def describe(self, kind: str, identity: str, display_name: str) -> None:
        """Changes the object's display name."""
        found = self._find(_KINDS[kind], identity)
        if found is not None:

            def change(obj: Object) -> None:
                obj["spec"] = {**(obj.get("spec") or {}), "displayName": display_name}

            await self._objects.patch(_KINDS[kind], found["namespace"], found["name"], change)

    def _find(self, kind: Kind, uid: str) -> Object | None:
        for entry in self._objects.list(kind):
            if entry.obj["metadata"]["uid"] == uid:
                meta: Object = entry.obj["metadata"]
                return meta
        return None


_KINDS = {"pipeline": PIPELINE, "version": PIPELINE_VERSION}

"""GET, PUT and PATCH of a scale subresource."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minikf.embedded import scale
from minikf.embedded.api import answers, bodies
from minikf.embedded.api.call import Call, Send, Target
from minikf.embedded.api.yamlbody import Unreadable
from minikf.embedded.objects import Objects
from minikf.embedded.options import IGNORE, STRICT, Options
from minikf.embedded.status import ApiError, Object, bad_request
from minikf.embedded.store import Entry
from minikf.embedded.table.scale import scale_table

NAME = "scale"


async def send_scale(
    call: Call, send: Send, target: Target, entry: Entry, *, written: bool = False, warnings: list[str] | None = None
) -> None:
    """The object's Scale, in the form the client accepts. Raises ApiError 500 for one that tells no replicas."""
    found = (scale.view if written else scale.read)(target.kind, entry.obj)
    if answers.wants_table(call):
        await answers.send_json(send, scale_table(found, entry.rv), warnings=warnings)
    elif answers.wants_yaml(call):
        await answers.send_yaml(send, found, warnings=warnings)
    else:
        await answers.send_json(send, found, warnings=warnings)


def replaced(value: Any, opts: Options) -> Callable[[Object], Object]:
    """What a PUT of a Scale makes of one. Raises ApiError 400 for fields that a Scale has not."""
    if not isinstance(value, dict):
        raise bad_request("the body must be a Scale of autoscaling/v1")
    unknown = scale.unknown_fields(value)
    if unknown and opts.field_validation == STRICT:
        raise bad_request(f"Scale in version v1 cannot be handled: strict decoding error: {', '.join(unknown)}")
    if opts.field_validation != IGNORE:
        opts.warn += unknown
    return lambda _: value


async def change_scale(
    call: Call, send: Send, objects: Objects, target: Target, change: Callable[[Object], Object], opts: Options
) -> None:
    """Writes what `change` makes of the object's Scale into the object itself, and answers with the new Scale."""

    def scaled(obj: Object) -> Object:
        return scale.write(target.kind, obj, change(scale.view(target.kind, obj)))

    entry = await objects.patch(target.kind, target.namespace, target.name, scaled, subresource=NAME, opts=opts)
    await send_scale(call, send, target, entry, written=True, warnings=opts.warn)


def no_apply() -> ApiError:
    """415 for server-side apply, which the real API server takes and then fails at."""
    message = "server-side apply of the scale of a custom resource is not supported: use a merge patch or a JSON patch"
    return ApiError(415, "UnsupportedMediaType", message)


async def put_scale(call: Call, send: Send, objects: Objects, target: Target, opts: Options) -> None:
    try:
        value = bodies.decode(await call.body(), call.content_type)
    except Unreadable as error:
        raise bad_request(str(error)) from error
    await change_scale(call, send, objects, target, replaced(value, opts), opts)

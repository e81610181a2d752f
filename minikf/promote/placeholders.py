"""Takes what holds on this machine only out of objects, and says where the target's answers go."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from minikf.promote.fields import get, texts
from minikf.promote.laptop import Laptop, Local, Span
from minikf.promote.model import FieldPath, Object, Placeholder, Target, group_of, ref_of, version_of
from minikf.promote.pieces import Piece, pieces, with_names
from minikf.promote.references import BY_RUNTIME

_PREFIX = {Local.FILE: "URI", Local.DATASET: "DATA_URI", Local.ADDRESS: "ADDRESS", Local.PATH: "PATH"}
# Parts of a TrainJob that change containers of its runtime.
_OVERRIDES = ("podTemplateOverrides", "runtimePatches")
# Fields that hold one address: they are asked for as a whole, under these names.
_WHOLE = {"storageUri": "MODEL_URI", "uri": "MODEL_URI", "image": "IMAGE"}
# Fields of a pipeline that hold one value, under which it is asked for where that is data of this machine.
_VALUES = ("constant", "defaultValue")
_OF_DATA = (Local.FILE, Local.DATASET)


@dataclass(frozen=True)
class Detached:
    """Objects without anything of this machine, the placeholders in them, and what each stood for.

    `origins` maps a placeholder's name to the text it replaced, for the model's checksum; it is never written.
    """

    objects: tuple[Object, ...]
    placeholders: tuple[Placeholder, ...]
    origins: dict[str, str]


def detach(objects: tuple[Object, ...], laptop: Laptop, namespaces: tuple[str, ...] = ()) -> Detached:
    """Every text of every object, names excepted, searched and cleaned. `namespaces` are those of the objects here."""
    work = _Work(laptop)
    places = namespaces or ("",) * len(objects)
    done = tuple(work.detach(copy.deepcopy(obj), here) for obj, here in zip(objects, places, strict=True))
    return Detached(done, tuple(work.placeholders.values()), work.origins)


class _Work:
    def __init__(self, laptop: Laptop) -> None:
        self._laptop = laptop
        self._by_text: dict[str, str] = {}
        self.placeholders: dict[str, Placeholder] = {}
        self.origins: dict[str, str] = {}

    def detach(self, obj: Object, here: str) -> Object:
        if obj["kind"] == "Experiment":
            self._template(obj, here)
        for path, text in list(texts(obj)):
            if path in (("apiVersion",), ("kind",), ("metadata", "name")) or path[0] == "binaryData":
                continue
            replaced = self._field(obj, path, text)
            if replaced != text:
                _set(obj, path, replaced)
        for path in _without_image(obj):
            name = self._new("IMAGE", obj, "an image: the container names none, and a cluster runs images", "")
            self._aim(name, obj, (*path, "image"))
            _set(obj, (*path, "image"), f"${{{name}}}")
        return obj

    def _template(self, obj: Object, here: str) -> None:
        """A trial template in a ConfigMap is named with its namespace, which the target chooses."""
        source = (obj["spec"].get("trialTemplate") or {}).get("configMap") or {}
        if here and source.get("configMapNamespace") == here:
            path: FieldPath = ("spec", "trialTemplate", "configMap", "configMapNamespace")
            why = "the namespace that this goes to, which a trial template is looked for in"
            name = self._new("NAMESPACE", obj, why, "")
            self._aim(name, obj, path)
            _set(obj, path, f"${{{name}}}")

    def _field(self, obj: Object, path: FieldPath, text: str) -> str:
        whole = self._whole(path, text)
        if whole is not None:
            return self._replaced(obj, path, whole)
        spans = self._laptop.spans(text)
        if not spans:
            return text
        result, offset, aims = text, 0, []
        for piece in pieces(text, spans):
            name = self._name(obj, path, text, piece)
            start = piece.start + offset
            result = f"{result[:start]}${{{name}}}{result[piece.end + offset :]}"
            offset += len(name) + 3 - (piece.end - piece.start)
            aims.append((name, piece.delimiter, start))
        for name, delimiter, start in aims:
            index = result.count(delimiter, 0, start) if delimiter else 0
            self._aim(name, obj, path, delimiter, index, start)
        return result

    def _whole(self, path: FieldPath, text: str) -> tuple[str, str, str] | None:
        """Prefix, reason and text of a field that is asked for as a whole, None for any other."""
        key = path[-1]
        if path[0] != "spec" or "\n" in text:
            return None
        if key in _VALUES or "parameters" in path[:-1]:
            spans = self._laptop.spans(text)
            is_data = len(spans) == 1 and spans[0].text == text and spans[0].local in _OF_DATA
            return ("DATA_URI", spans[0].local.value, text) if is_data else None
        if path[-2:] == ("hostPath", "path"):
            return "PATH", "a folder of the machine that runs the pod", text
        if key not in _WHOLE:
            return None
        spans = self._laptop.spans(text)
        if not spans and not (key == "storageUri" and text.startswith("/")):
            return None
        prefix = "DATA_URI" if "dataset" in path else _WHOLE[str(key)]
        return prefix, (spans[0].local if spans else Local.PATH).value, text

    def _replaced(self, obj: Object, path: FieldPath, whole: tuple[str, str, str]) -> str:
        prefix, why, text = whole
        name = self._by_text.get(text) or self._new(prefix, obj, why, text)
        self._aim(name, obj, path)
        return f"${{{name}}}"

    def _name(self, obj: Object, path: FieldPath, text: str, piece: Piece) -> str:
        span = piece.spans[0]
        exact = (span.start, span.end) == (piece.start, piece.end)
        if exact and span.text in self._by_text:
            return self._by_text[span.text]
        name = self._new(_prefix(obj, path, span), obj, span.local.value, span.text if exact else "")
        if not exact:
            default = with_names(text, piece, name)
            self.placeholders[name] = replace(self.placeholders[name], default=default)
        return name

    def _new(self, prefix: str, obj: Object, why: str, text: str) -> str:
        base = re.sub(r"\W", "_", f"{prefix}_{_called(obj)}".upper(), flags=re.ASCII)
        name, count = base, 1
        while name in self.placeholders:
            count += 1
            name = f"{base}_{count}"
        self.placeholders[name] = Placeholder(name, f"${{{name}}}", why, ())
        if text:
            self._by_text[text] = name
            self.origins[name] = text
        return name

    def _aim(
        self, name: str, obj: Object, path: FieldPath, delimiter: str = "", index: int = 0, offset: int = 0
    ) -> None:
        ref = ref_of(obj)
        target = Target(group_of(obj), version_of(obj), ref.kind, ref.name, path, delimiter, index, offset)
        known = self.placeholders[name]
        self.placeholders[name] = replace(known, targets=(*known.targets, target))


def _called(obj: Object) -> str:
    """What an object is called in questions: a version of a pipeline as its pipeline, so that answers outlive it."""
    return str(obj["spec"]["pipelineName"] if obj["kind"] == "PipelineVersion" else obj["metadata"]["name"])


def _prefix(obj: Object, path: FieldPath, span: Span) -> str:
    """An environment variable's own name says best what is asked for."""
    if path[-1] == "value" and "env" in path:
        holder = get(obj, path[:-1])
        if isinstance(holder, dict) and holder.get("name"):
            return str(holder["name"])
    return _PREFIX[span.local]


def _set(obj: Any, path: FieldPath, value: str) -> None:
    get(obj, path[:-1])[path[-1]] = value


def _without_image(obj: Object) -> Iterator[FieldPath]:
    """Containers that lack an image although nothing else gives them one."""
    yield from _containers_without(obj.get("spec"), ("spec",))


def _containers_without(value: Any, path: FieldPath) -> Iterator[FieldPath]:
    if isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _containers_without(inner, (*path, index))
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key in _OVERRIDES:
                continue
            if key in ("containers", "initContainers") and not value.keys() & BY_RUNTIME:
                yield from ((*path, key, i) for i, each in enumerate(inner or ()) if not each.get("image"))
            else:
                yield from _containers_without(inner, (*path, key))

"""What the API does to an object of one kind before it stores it."""

from __future__ import annotations

from functools import cached_property, lru_cache

import orjson

from minikf.embedded.kinds import Kind
from minikf.embedded.schema import decoding, defaulting, lists, unknown
from minikf.embedded.schema.causes import causes
from minikf.embedded.schema.data import group_data
from minikf.embedded.schema.node import Data, Node
from minikf.embedded.schema.normal import normalize
from minikf.embedded.schema.quick import QuickCheck
from minikf.embedded.status import Cause, Object

_NOT_CHECKED = Cause(
    "<nil>",
    "FieldValueInvalid",
    "Invalid value: null: some validation rules were not checked because the object was invalid; "
    "correct the existing errors to complete validation",
)
# After one of these a rule might meet values that it was not written for.
_BLOCKING = frozenset(f"FieldValue{name}" for name in ("NotSupported", "Required", "TooLong", "TooMany", "TypeInvalid"))


class Schema:
    """The structural schema of a kind. Made once per kind; everything below is lazy."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self._group = group_data(kind.group, kind.storage.version)

    @cached_property
    def root(self) -> Node:
        return self._group.root(self.kind.kind)

    @property
    def openapi(self) -> Data:
        """The compact structural schema; `$ref` names one of `definitions`."""
        return self._group.root_data(self.kind.kind)

    @property
    def definitions(self) -> dict[str, Data]:
        """The definitions that `openapi` refers to, shared by the kinds of its group version."""
        return self._group.pool.definitions

    @cached_property
    def _checked(self) -> Data:
        """What values are checked against: of a custom object all but its metadata, which has rules of its own."""
        if not self.kind.is_custom:
            return self.openapi
        properties = self.root.properties | {"metadata": {"type": "object"}}
        return self.root.data | {"properties": properties}

    @cached_property
    def _checked_root(self) -> Node:
        return self._group.pool.node(self._checked)

    @cached_property
    def _quick(self) -> QuickCheck:
        return QuickCheck(self._checked, self.definitions, decoding=not self.kind.is_custom)

    @cached_property
    def _metadata(self) -> Node:
        node = self.root.field("metadata")
        assert node is not None, "every kind has metadata"
        return node

    @cached_property
    def _quick_metadata(self) -> QuickCheck:
        return QuickCheck(self.root.properties["metadata"], self.definitions, decoding=True)

    def unknown_fields(self, obj: Object, prune: bool) -> list[str]:
        """Unknown fields as the API server words them: `unknown field "spec.foo"`; removed where `prune`.

        This is also where the JSON is read as the kind's type: raises ApiError 400 where the API server could not
        decode it, which for custom kinds is the metadata only.
        """
        if self.kind.is_custom:
            if not self._quick_metadata.is_valid(obj.get("metadata")):
                decoding.check_metadata(obj, self.kind, self._metadata)
        elif not self._quick.is_valid(obj):
            decoding.check_object(obj, self.kind, self.root)
        found = unknown.unknown_fields(obj, self.root, prune=prune)
        if self.kind.is_custom:
            found.sort()  # core kinds' are told in the order in which Go's decoder met them
        return [f'unknown field "{path}"' for path in found]

    def default(self, obj: Object) -> None:
        """Fills in defaults in place, and drops nulls. What only code can default is `defaults.default_object`'s."""
        if self.kind.is_custom:
            metadata = obj.get("metadata") or {}
            normalize(metadata, self._metadata)
            if metadata.get("managedFields") == []:
                del metadata["managedFields"]  # of a custom object an empty list is as good as none
            if b"null" in orjson.dumps(obj):  # a walk through the schema costs ten times as much
                defaulting.drop_nulls(obj, self.root)
            defaulting.set_defaults(obj, self.root)
        else:
            normalize(obj, self.root)
            defaulting.set_defaults(obj, self.root)

    def validate(self, obj: Object, old: Object | None = None, of_metadata: list[Cause] | None = None) -> list[Cause]:
        """Why the object is invalid: types, required fields, enums, patterns, lengths, unique keys, CEL rules.

        `old` is the stored version on update: transition rules compare with it, and what was already wrong in a part
        that stays is tolerated. `of_metadata` is what is wrong with the metadata: it comes first, and rules may not
        be checked because of it. Core kinds' own rules are `validation.validate_object`'s.
        """
        if not self.kind.is_custom:
            return []
        found = self._structure(obj)
        if found and old is not None:
            tolerated = set(self._structure(old))
            found = [cause for cause in found if cause not in tolerated]
        found = [*(of_metadata or ()), *found]
        if old is None or not lists.duplicates(old, self._checked_root):
            found += lists.duplicates(obj, self._checked_root)
        if any(cause.reason in _BLOCKING for cause in found):
            return [*found, _NOT_CHECKED] if self.root.has_rules else found
        return found + self._rules(obj, old)

    def _structure(self, obj: Object) -> list[Cause]:
        return [] if self._quick.is_valid(obj) else causes(obj, self._checked_root)

    def _rules(self, obj: Object, old: Object | None) -> list[Cause]:
        if not self.root.has_rules:
            return []
        from minikf.embedded.schema.rules import broken_rules

        return broken_rules(obj, old, self.root)


@lru_cache
def schema_for(kind: Kind) -> Schema:
    """The schema of one of the served kinds."""
    return Schema(kind)

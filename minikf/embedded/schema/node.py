"""One place in a schema, with the questions that defaulting, pruning, patching and ownership ask of it.

The data is OpenAPI v3 as Kubernetes extends it, without prose. Subtrees that occur often are named definitions, so that
a PodSpec exists once in memory however many kinds hold it; a `Node` is made on first visit and shared the same way.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

Data = dict[str, Any]
_REF = "$ref"


class Pool:
    """The named definitions of one API group version, and the nodes made of them so far."""

    def __init__(self, definitions: dict[str, Data]) -> None:
        self.definitions = definitions
        self._named: dict[str, Node] = {}
        self._anonymous: dict[int, Node] = {}

    def node(self, data: Data) -> Node:
        """The node of `data`, which is part of this pool's definitions and lives as long as they do."""
        name = data.get(_REF)
        if name is not None:
            found = self._named.get(name)
            if found is None:
                found = self._named[name] = self.node(self.definitions[name])
                found.name = name
            return found
        found = self._anonymous.get(id(data))
        if found is None:
            found = self._anonymous[id(data)] = Node(data, self)
        return found


class Node:
    """A schema of one value. Attributes are computed on first use and never change."""

    def __init__(self, data: Data, pool: Pool) -> None:
        self.data = data
        self._pool = pool
        self.name = ""  # of the definition, where it is one
        self._fields: dict[str, Node | None] = {}

    @cached_property
    def type(self) -> str:
        """`object`, `array`, `string`, `integer`, `number`, `boolean`, or "" for any and int-or-string."""
        return str(self.data.get("type", ""))

    @cached_property
    def properties(self) -> Data:
        """The data of declared fields by name; `field` gives their nodes."""
        return self.data.get("properties") or {}

    @cached_property
    def additional(self) -> Node | None:
        """What every value of a map is, or None where keys are declared or values are free."""
        data = self.data.get("additionalProperties")
        return self._pool.node(data) if isinstance(data, dict) else None

    @cached_property
    def items(self) -> Node | None:
        data = self.data.get("items")
        return self._pool.node(data) if data is not None else None

    def field(self, name: str) -> Node | None:
        """The node of a key: a declared field, else a map's value, else None."""
        try:
            return self._fields[name]
        except KeyError:
            data = self.properties.get(name)
            if data is None:
                return self.additional
            found = self._fields[name] = self._pool.node(data)
            return found

    @cached_property
    def defaults(self) -> tuple[tuple[str, Any], ...]:
        """(field, value) of declared fields that have a default."""
        children = ((name, self.field(name)) for name in self.properties)
        return tuple((name, node.data["default"]) for name, node in children if node and "default" in node.data)

    @cached_property
    def has_defaults(self) -> bool:
        """Whether anything below has a default."""
        return self._any_below("has_defaults") or bool(self.defaults)

    @cached_property
    def has_keyed_lists(self) -> bool:
        """Whether this or anything below is a list whose items must differ."""
        return self.list_type in ("set", "map") or self._any_below("has_keyed_lists")

    @cached_property
    def has_rules(self) -> bool:
        """Whether this or anything below has CEL rules."""
        return bool(self.rules) or self._any_below("has_rules")

    def _any_below(self, attribute: str) -> bool:
        # Types do not hold themselves: structural schemas may not, and no core kind here does.
        children = [self.field(name) for name in self.properties] + [self.additional, self.items]
        return any(getattr(child, attribute) for child in children if child is not None)

    @cached_property
    def required(self) -> tuple[str, ...]:
        return tuple(self.data.get("required") or ())

    @cached_property
    def preserves_unknown(self) -> bool:
        """Whether keys outside `properties` are kept."""
        free = self.data.get("additionalProperties")
        return bool(self.data.get("x-kubernetes-preserve-unknown-fields")) or (free is not None and free is not False)

    @cached_property
    def is_embedded(self) -> bool:
        """Whether the value is a whole object with `apiVersion`, `kind` and `metadata`."""
        return bool(self.data.get("x-kubernetes-embedded-resource"))

    @cached_property
    def is_map(self) -> bool:
        """Whether keys are free: labels, data, annotations."""
        return "additionalProperties" in self.data and not self.properties

    @cached_property
    def is_quantity(self) -> bool:
        return self.data.get("format") == "quantity"

    @cached_property
    def is_bytes(self) -> bool:
        """Whether the text is base64."""
        return self.data.get("format") == "byte"

    @cached_property
    def is_atomic(self) -> bool:
        """Whether server-side apply owns the value as a whole."""
        if self.type == "array":
            return self.list_type == "atomic"
        return self.data.get("x-kubernetes-map-type") == "atomic"

    @cached_property
    def list_type(self) -> str:
        """`atomic`, `set` or `map`; lists without a type are atomic."""
        return str(self.data.get("x-kubernetes-list-type", "atomic"))

    @cached_property
    def map_keys(self) -> tuple[str, ...]:
        """The fields that tell items of a `map` list apart."""
        return tuple(self.data.get("x-kubernetes-list-map-keys") or ())

    @cached_property
    def item_defaults(self) -> Data:
        """Defaults of the fields in `map_keys`: an item that leaves one out has this.

        A required key of a core kind has its Go type's zero value, as Kubernetes' own OpenAPI says.
        """
        items = self.items
        if items is None:
            return {}
        out: Data = {}
        for name in self.map_keys:
            node = items.field(name)
            if node is None:
                continue
            if "default" in node.data:
                out[name] = node.data["default"]
            elif items.go_name and name in items.required:
                out[name] = 0 if node.type == "integer" else ""
        return out

    @cached_property
    def merge_key(self) -> str:
        """The field by which strategic merge patch matches items, or "" for lists of scalars."""
        return str(self.data.get("x-kubernetes-patch-merge-key", ""))

    @cached_property
    def patch_strategies(self) -> tuple[str, ...]:
        """`merge`, `replace`, `retainKeys`."""
        text = self.data.get("x-kubernetes-patch-strategy", "")
        return tuple(part for part in text.split(",") if part)

    def combined(self, keyword: str) -> list[Node]:
        """The schemas of `allOf`, `anyOf`, `oneOf`, or the one of `not`."""
        parts = self.data.get(keyword) or []
        return [self._pool.node(part) for part in (parts if isinstance(parts, list) else [parts])]

    @property
    def go_name(self) -> str:
        """The Go type of a core definition, e.g. Container; "" for what has no name of its own."""
        return self.name.rpartition(".")[2] if self.name.startswith("io.k8s.") else ""

    @cached_property
    def nullable(self) -> bool:
        return bool(self.data.get("nullable"))

    @cached_property
    def rules(self) -> tuple[Data, ...]:
        """CEL rules of this very value, as the CRD has them."""
        return tuple(self.data.get("x-kubernetes-validations") or ())

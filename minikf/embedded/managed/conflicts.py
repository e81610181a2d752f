"""Conflicts of server-side apply, in the API server's words (pkg/util/managedfields/internal/conflict.go)."""

from __future__ import annotations

from minikf.embedded.managed.elements import printed
from minikf.embedded.managed.entries import UPDATE, Manager
from minikf.embedded.managed.fieldset import FieldSet, Path, has, paths
from minikf.embedded.schema.fieldpath import quote
from minikf.embedded.status import ApiError


class Conflicts(Exception):
    """Fields that other managers own and that would change, by manager."""

    def __init__(self, fields: dict[Manager, FieldSet]) -> None:
        super().__init__("server-side apply conflicts")
        self.paths: dict[Manager, list[Path]] = {who: list(paths(owned)) for who, owned in fields.items()}

    def without(self, fields: FieldSet) -> Conflicts:
        """The conflicts about other fields than `fields`."""
        left = Conflicts({})
        for who, owned in self.paths.items():
            kept = [path for path in owned if not has(fields, path)]
            if kept:
                left.paths[who] = kept
        return left

    def __bool__(self) -> bool:
        return bool(self.paths)


def conflict_error(conflicts: Conflicts) -> ApiError:
    """409 with one cause for each field."""
    ordered = sorted(conflicts.paths.items(), key=lambda item: (item[0].name, item[0].subresource, item[0].operation))
    pairs = [(who, path) for who, owned in ordered for path in owned]
    causes = [
        {"reason": "FieldManagerConflict", "message": f"conflict with {_shown(who)}", "field": printed(path)}
        for who, path in pairs
    ]
    if len(pairs) == 1:
        who, path = pairs[0]
        message = f"Apply failed with 1 conflict: conflict with {_shown(who)}: {printed(path)}"
    else:
        lines = []
        for who, owned in ordered:
            lines.append(f"conflicts with {_shown(who)}:")
            lines += [f"- {printed(path)}" for path in owned]
        message = f"Apply failed with {len(pairs)} conflicts: " + "\n".join(lines)
    return ApiError(409, "Conflict", message, {"causes": causes})


def _shown(who: Manager) -> str:
    name = quote(who.name)
    if who.subresource:
        name += f" with subresource {quote(who.subresource)}"
    return f"{name} using {who.api_version}" if who.operation == UPDATE else name

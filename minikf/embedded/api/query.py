"""What the query of a request may say; wrong options are refused with the API server's words.

k8s.io/apimachinery v0.34.4, pkg/apis/meta/v1/validation and pkg/apis/meta/internalversion/validation.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from minikf.embedded.api.call import Call
from minikf.embedded.options import IGNORE, STRICT, WARN, Options
from minikf.embedded.status import ApiError, Cause, bad_request, invalid

_MANAGER_BYTES = 128
_INCLUDES = ("", "Metadata", "Object", "None")
_PROPAGATIONS = ("Foreground", "Background", "Orphan")
EXACT, NOT_OLDER = "Exact", "NotOlderThan"


@dataclass(frozen=True)
class ListOptions:
    """`rv` is the resourceVersion asked for, 0 when none was; `match` is Exact, NotOlderThan or ""."""

    rv: int
    match: str
    limit: int
    continue_token: str


def write_options(call: Call, kind: str, *, apply: bool = False) -> Options:
    """dryRun, fieldManager, force and fieldValidation of a write. Raises ApiError 422.

    `kind` names the options in errors: CreateOptions, UpdateOptions or PatchOptions.
    """
    manager, validation = call.param("fieldManager"), call.param("fieldValidation")
    causes: list[Cause] = []
    if apply and not manager:
        causes.append(Cause("fieldManager", "FieldValueRequired", "Required value: is required for apply patch"))
    if kind == "PatchOptions" and not apply and "force" in call.query:
        causes.append(Cause("force", "FieldValueForbidden", "Forbidden: may not be specified for non-apply patch"))
    causes += [*_manager_causes(manager), *dry_run_causes(call.query.get("dryRun", []))]
    if validation not in ("", IGNORE, STRICT, WARN):
        causes.append(unsupported("fieldValidation", validation, ("", IGNORE, STRICT, WARN)))
    refuse(kind, causes)
    agent = call.headers.get("user-agent", "").partition("/")[0]
    return Options(
        dry_run="dryRun" in call.query,
        manager=manager or agent[:_MANAGER_BYTES] or "unknown",
        force=call.flag("force"),
        field_validation=validation or WARN,
    )


def list_options(call: Call) -> ListOptions:
    """The options of a LIST or deletecollection. Raises ApiError 400/422."""
    version, match, token = call.param("resourceVersion"), call.param("resourceVersionMatch"), call.param("continue")
    causes: list[Cause] = []
    if match:
        if not version:
            causes.append(_forbidden_match("resourceVersionMatch is forbidden unless resourceVersion is provided"))
        if token:
            causes.append(_forbidden_match("resourceVersionMatch is forbidden when continue is provided"))
        if match not in (EXACT, NOT_OLDER):
            causes.append(unsupported("resourceVersionMatch", match, (EXACT, NOT_OLDER, "")))
        if (match, version) == (EXACT, "0"):
            causes.append(_forbidden_match('resourceVersionMatch "exact" is forbidden for resourceVersion "0"'))
    if "sendInitialEvents" in call.query:
        text = "Forbidden: sendInitialEvents is forbidden for list"
        causes.append(Cause("sendInitialEvents", "FieldValueForbidden", text))
    refuse("ListOptions", causes)
    check_table(call)
    rv = _version(version, "invalid resource version: ")
    return ListOptions(rv=rv, match=match, limit=max(call.number("limit") or 0, 0), continue_token=token)


def watch_version(call: Call) -> int:
    """The resourceVersion to watch from, 0 for any. Raises ApiError 400/422."""
    match, initial = call.param("resourceVersionMatch"), "sendInitialEvents" in call.query
    causes: list[Cause] = []
    if initial and match != NOT_OLDER:
        causes.append(_forbidden_match(f"sendInitialEvents requires setting resourceVersionMatch to {NOT_OLDER}"))
    if match and not initial:
        text = "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"
        causes.append(_forbidden_match(text))
    if match not in ("", NOT_OLDER):
        causes.append(unsupported("resourceVersionMatch", match, (NOT_OLDER,)))
    if match and call.param("continue"):
        causes.append(_forbidden_match("resourceVersionMatch is forbidden when continue is provided"))
    refuse("ListOptions", causes)
    check_table(call)
    # The real API server answers 500 here; the mistake is the client's.
    return _version(call.param("resourceVersion"), "")


def check_table(call: Call) -> None:
    """Raises ApiError 400 for an `includeObject` that a Table does not know."""
    include = call.param("includeObject")
    if "as=Table" in call.accept and include not in _INCLUDES:
        text = f"includeObject: Invalid value: {quoted(include)}: must be 'Metadata', 'Object', 'None', or empty"
        raise bad_request(f"Unable to convert to Table as requested: {text}")


def dry_run_causes(values: list[str]) -> Iterable[Cause]:
    """Why the values of dryRun are wrong; nothing when each is All."""
    if any(value != "All" for value in values):
        yield unsupported("dryRun", values, ("All",))


def propagation_causes(policy: str, orphan: bool | None) -> Iterable[Cause]:
    """Why the two ways to say what happens to dependents are wrong."""
    if policy and orphan is not None:
        text = f"Invalid value: {quoted(policy)}: orphanDependents and deletionPropagation cannot be both set"
        yield Cause("propagationPolicy", "FieldValueInvalid", text)
    if policy and policy not in _PROPAGATIONS:
        yield unsupported("propagationPolicy", policy, (*_PROPAGATIONS, "nil"))


def unsupported(field: str, value: str | list[str], supported: Iterable[str]) -> Cause:
    listed = ", ".join(quoted(one) for one in supported)
    shown = quoted(value) if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
    return Cause(field, "FieldValueNotSupported", f"Unsupported value: {shown}: supported values: {listed}")


def refuse(kind: str, causes: list[Cause]) -> None:
    """Raises ApiError 422 about the options when there are causes."""
    if causes:
        raise invalid("meta.k8s.io", kind, "", causes)


def quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _manager_causes(manager: str) -> Iterable[Cause]:
    if len(manager.encode()) > _MANAGER_BYTES:
        text = f"Too long: may not be more than {_MANAGER_BYTES} bytes"
        yield Cause("fieldManager", "FieldValueTooLong", text)
    for position, letter in enumerate(manager):
        if not letter.isprintable():
            text = f"invalid character U+{ord(letter):04X} (at position {position})"
            yield Cause("fieldManager", "FieldValueInvalid", f"Invalid value: {quoted(manager)}: {text}")


def _forbidden_match(text: str) -> Cause:
    return Cause("resourceVersionMatch", "FieldValueForbidden", f"Forbidden: {text}")


def _version(text: str, prefix: str) -> int:
    if not text:
        return 0
    if not text.isdecimal() or len(text) > 19:
        why = f"strconv.ParseUint: parsing {quoted(text)}: invalid syntax"
        raise bad_request(f"{prefix}resourceVersion: Invalid value: {quoted(text)}: {why}")
    return int(text)


def too_large(rv: int, current: int) -> ApiError:
    """504: the client knows of a version that this server has not reached."""
    error = ApiError(504, "Timeout", f"Timeout: Too large resource version: {rv}, current: {current}")
    error.details = {
        "causes": [{"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}],
        "retryAfterSeconds": 1,
    }
    return error

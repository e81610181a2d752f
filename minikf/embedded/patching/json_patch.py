"""JSON Patch, RFC 6902, as the API server does it (gopkg.in/evanphx/json-patch.v4 v4.12.0).

It is laxer than the RFC in four places that clients can see, and so is this: `replace` and `copy` take a key that is
not there (as null), list indices may be negative, a missing `value` is null, and what stands before the first slash of
a path is ignored.
"""

from __future__ import annotations

import re
from typing import Any

from minikf.embedded.patching.shape import go_type
from minikf.embedded.status import ApiError, Object, bad_request

_MAX_OPERATIONS = 10_000
_INDEX = re.compile(r"[+-]?[0-9]+")


def json_patch(obj: Object, ops: Any) -> Object:
    """A new object with the operations done in order.

    Raises ApiError 400 for what is no list of operations, 413 for more than 10,000 of them, and 422 for an operation
    that cannot be done, a failed `test` included.
    """
    if not isinstance(ops, list):
        raise _undecodable(ops, "[]handlers.jsonPatchOp")
    for op in ops:
        if not isinstance(op, dict):
            raise _undecodable(op, "handlers.jsonPatchOp")
    if len(ops) > _MAX_OPERATIONS:
        limit = f"The allowed maximum operations in a JSON patch is {_MAX_OPERATIONS}, got {len(ops)}"
        raise ApiError(413, "RequestEntityTooLarge", limit)
    document: Any = _copy(obj)
    for op in ops:
        document = _apply(document, op)
    if not isinstance(document, dict):
        raise _unprocessable("the patched document is not an object")
    return document


def _apply(document: Any, op: Object) -> Any:
    name, path = op.get("op"), op.get("path")
    if name not in ("add", "remove", "replace", "move", "copy", "test"):
        raise _unprocessable(f"Unexpected kind: {name if isinstance(name, str) else 'unknown'}")
    if not isinstance(path, str):
        raise _unprocessable(f"{name} operation failed to decode path: missing value")
    if path == "" and name == "replace":
        return _copy(op.get("value"))
    match name:
        case "add":
            missing = f'add operation does not apply: doc is missing path: "{path}"'
            _add(document, path, op.get("value"), missing, f"error in add for path: '{path}'")
        case "remove":
            _remove(document, path)
        case "replace":
            _replace(document, path, op.get("value"))
        case "test":
            _test(document, path, op.get("value"))
        case _:
            _transfer(document, name, path, op.get("from"))
    return document


def _add(document: Any, path: str, value: Any, missing: str, error: str) -> None:
    container, key = _container(document, path, missing)
    if isinstance(container, dict):
        container[key] = _copy(value)
    elif key == "-":
        container.append(_copy(value))
    else:
        container.insert(_index(key, len(container) + 1, error), _copy(value))


def _remove(document: Any, path: str) -> None:
    container, key = _container(document, path, f'remove operation does not apply: doc is missing path: "{path}"')
    error = f"error in remove for path: '{path}'"
    if isinstance(container, list):
        del container[_index(key, len(container), error)]
    elif key in container:
        del container[key]
    else:
        raise _unprocessable(f"{error}: Unable to remove nonexistent key: {key}: missing value")


def _replace(document: Any, path: str, value: Any) -> None:
    container, key = _container(document, path, f"replace operation does not apply: doc is missing path: {path}")
    if isinstance(container, dict):
        container[key] = _copy(value)
    else:
        missing = f"replace operation does not apply: doc is missing key: {path}"
        container[_index(key, len(container), missing)] = _copy(value)


def _test(document: Any, path: str, expected: Any) -> None:
    actual = document
    if path != "":
        container, key = _container(document, path, f"test operation does not apply: is missing path: {path}")
        actual = _read(container, key, f"error in test for path: '{path}'")
    if not _same(actual, expected):
        raise _unprocessable(f"testing value {path} failed: test failed")


def _transfer(document: Any, name: str, path: str, source: Any) -> None:
    """`move` and `copy`."""
    if not isinstance(source, str):
        raise _unprocessable(f"{name} operation failed to decode from: operation, missing from field: missing value")
    lost = f"{name} operation does not apply: doc is missing from path: {source}"
    container, key = _container(document, source, lost)
    value = _read(container, key, f"error in {name} for path: '{source}'")
    if name == "move":
        _remove(document, source)
    missing = f"{name} operation does not apply: doc is missing destination path: {path}"
    _add(document, path, value, missing, f"error in {name} for path: '{path}'")


def _container(document: Any, path: str, missing: str) -> tuple[Any, str]:
    """The object or list that holds the path's last part, and that part."""
    parts = path.split("/")
    if len(parts) < 2:
        raise _unprocessable(f"{missing}: missing value")
    for part in parts[1:-1]:
        document = _child(document, _decode(part))
    if not isinstance(document, dict | list):
        raise _unprocessable(f"{missing}: missing value")
    return document, _decode(parts[-1])


def _child(document: Any, key: str) -> Any:
    if isinstance(document, dict):
        return document.get(key)
    if isinstance(document, list) and _INDEX.fullmatch(key) and -len(document) <= int(key) < len(document):
        return document[int(key)]
    return None


def _read(container: Any, key: str, error: str) -> Any:
    return container.get(key) if isinstance(container, dict) else container[_index(key, len(container), error)]


def _index(key: str, length: int, error: str) -> int:
    if not _INDEX.fullmatch(key):
        raise _unprocessable(f"{error}: value was not a proper array index: '{key}'")
    index = int(key)
    if not -length <= index < length:
        raise _unprocessable(f"{error}: Unable to access invalid index: {index}: invalid index referenced")
    return index + length if index < 0 else index


def _decode(part: str) -> str:
    return part.replace("~1", "/").replace("~0", "~")


def _same(left: Any, right: Any) -> bool:
    """JSON equality: 1 and 1.0 are one number, but true is no number."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_same(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_same, left, right))
    return bool(left == right)


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copy(part) for key, part in value.items()}
    return [_copy(part) for part in value] if isinstance(value, list) else value


def _undecodable(value: Any, target: str) -> ApiError:
    return bad_request(f"error decoding patch: json: cannot unmarshal {go_type(value)} into Go value of type {target}")


def _unprocessable(why: str) -> ApiError:
    """The API server's message, which keeps the reason to itself, and the reason."""
    message = f"the server rejected our request due to an error in our request: {why}"
    return ApiError(422, "Invalid", message, bare_details=True)

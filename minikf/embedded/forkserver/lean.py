"""JSON without the `json` package, whose import (it brings `re`) costs the shims a quarter of their time.

The C parts are the ones that `json` itself uses; an interpreter without them gets the package.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_fast: Any
try:
    import _json

    _fast = _json
except ImportError:
    _fast = None


class _Reading:
    """What `json.JSONDecoder` tells its scanner; NaN and infinities are refused."""

    strict = True
    object_hook = object_pairs_hook = None
    parse_float = float
    parse_int = int
    memo: dict[str, str] = {}  # noqa: RUF012 - the scanner clears it after every use

    @staticmethod
    def parse_constant(name: str) -> Any:
        raise ValueError(f"{name} is no JSON")


def dumps(value: Any) -> str:
    """JSON of plain maps, lists, texts, numbers, booleans and None. Raises TypeError and ValueError."""
    if _fast is None:
        import json

        return json.dumps(value)
    encoder = _fast.make_encoder({}, _no_json, _fast.encode_basestring_ascii, None, ":", ",", False, False, False)
    return "".join(encoder(value, 0))


def loads(text: str) -> Any:
    """The value of a JSON text. Raises ValueError."""
    if _fast is None:
        import json

        return json.loads(text)
    text = text.strip(" \t\n\r")
    try:
        value, end = _fast.make_scanner(_Reading)(text, 0)
    except StopIteration as error:
        raise ValueError(f"no JSON value at character {error.value}") from error
    if end != len(text):
        raise ValueError(f"more than one JSON value: character {end}")
    return value


def _no_json(value: object) -> Any:
    raise TypeError(f"{type(value).__name__} is no JSON")

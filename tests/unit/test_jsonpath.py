"""The JSONPath of printer columns."""

from __future__ import annotations

from typing import Any

import pytest

from minikf.embedded.jsonpath import compile_path

OBJECT = {
    "status": {
        "url": "http://x",
        "conditions": [{"type": "Ready", "status": "True"}, {"type": "Old", "status": "False"}],
        "traffic": [{"percent": 10, "latest": True}, {"percent": 90, "latest": False, "tag": "prev"}],
        "a.b": 1,
        "empty": [],
    }
}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (".status.url", "http://x"),
        (".status.nope", None),
        (".status.url.deeper", None),
        (".status.conditions[-1:].type", "Old"),
        (".status.conditions[0].type", "Ready"),
        (".status.conditions[7].type", None),
        (".status.conditions[*].status", "True"),
        (".status.empty[-1:].type", None),
        (".status.conditions[?(@.type=='Ready')].status", "True"),
        ('.status.conditions[?(@.type=="Nope")].status', None),
        (".status.traffic[?(@.latest==true)].percent", 10),
        (".status.traffic[?(@.tag=='prev')].percent", 90),
        (".status['a.b']", 1),
        (r".status.a\.b", 1),
    ],
)
def test_compile_path(path: str, value: Any) -> None:
    assert compile_path(path)(OBJECT) == value


@pytest.mark.parametrize("path", ["status", "..status", ".a[?(@.b>1)]", ".a[", "{.a}"])
def test_other_syntax_is_refused(path: str) -> None:
    with pytest.raises(ValueError, match="not understood"):
        compile_path(path)

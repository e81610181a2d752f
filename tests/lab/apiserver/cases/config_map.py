"""ConfigMaps: binary data and immutability."""

from __future__ import annotations

from ..case import Case, Http, Kubectl
from . import objects as o

_A = f"{o.CONFIG_MAPS}/a"

CASES = (
    Case(
        "configmap-binary",
        (
            Http("POST", o.CONFIG_MAPS, o.config_map("a") | {"binaryData": {"b": "AAEC"}}, expect=201),
            Http("POST", o.CONFIG_MAPS, o.config_map("c") | {"binaryData": {"b": "!!"}}, expect=400),
            Http("POST", o.CONFIG_MAPS, o.config_map("c") | {"binaryData": {"a": "AAEC"}}, expect=422),
            Http("POST", o.CONFIG_MAPS, o.config_map("c") | {"binaryData": {"b": 1}}, expect=400),
            Kubectl("get cm a"),
            Kubectl("describe cm a"),
        ),
    ),
    Case(
        "configmap-immutable",
        (
            Http("POST", o.CONFIG_MAPS, o.config_map("a") | {"immutable": True}, expect=201),
            Http("PATCH", _A, {"data": {"a": "2"}}, content_type=o.MERGE, expect=422),
            Http("PATCH", _A, {"binaryData": {"b": "AAEC"}}, content_type=o.MERGE, expect=422),
            Http("PATCH", _A, {"immutable": False}, content_type=o.MERGE, expect=422),
            Http("PATCH", _A, {"immutable": None, "data": {"x": "y"}}, content_type=o.MERGE, expect=422),
            Http("PATCH", _A, {"metadata": {"labels": {"a": "b"}}}, content_type=o.MERGE),
            Http("POST", o.CONFIG_MAPS, o.config_map("c") | {"immutable": "yes"}, expect=400),
            Http("DELETE", _A),
        ),
    ),
)

"""The protobuf decoder: real bytes are tried with kubectl in tests/embedded; here is what damage does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minikf.embedded import protobuf
from minikf.embedded.status import ApiError


def field(number: int, data: bytes) -> bytes:
    assert number < 16 and len(data) < 128
    return bytes([number << 3 | 2, len(data)]) + data


def envelope(api_version: str, kind: str, raw: bytes) -> bytes:
    meta = field(1, api_version.encode()) + field(2, kind.encode())
    return protobuf.MAGIC + field(1, meta) + field(2, raw)


def test_a_config_map_by_hand() -> None:
    # metadata{name, generateName ""}, data{a: b}; the zero generateName is what Go writes and JSON leaves out.
    meta = field(1, b"c1") + field(2, b"")
    pair = field(1, b"a") + field(2, b"b")
    found = protobuf.decode(envelope("v1", "ConfigMap", field(1, meta) + field(2, pair)))
    assert found == {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c1"}, "data": {"a": "b"}}


def test_inline_fields_stand_where_json_has_them() -> None:
    empty_dir = field(2, b"")
    volume = field(1, b"scratch") + field(2, empty_dir)
    spec = field(1, volume)
    found = protobuf.decode(envelope("v1", "Pod", field(2, spec)))
    assert found["spec"]["volumes"] == [{"name": "scratch", "emptyDir": {}}]


@pytest.mark.parametrize("kind", ["Deployment", "TrainJob", ""])
def test_a_kind_outside_the_table_is_415(kind: str) -> None:
    with pytest.raises(ApiError) as failure:
        protobuf.decode(envelope("v1", kind, b""))
    assert failure.value.code == 415


@given(st.binary(max_size=200))
def test_damage_is_a_bad_request_and_nothing_else(data: bytes) -> None:
    for body in (data, protobuf.MAGIC + data, envelope("v1", "Pod", data[:100])):
        try:
            protobuf.decode(body)
        except ApiError as error:
            assert error.code in (400, 415)

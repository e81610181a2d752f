"""A secret's value is found wherever and however it is about to be written."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import yaml

from minikf.errors import Refused
from minikf.promote import secrets
from tests.unit.promote.promote_world import World, config, env, job, runtime, secret

VALUE = 'hunter2/"pass phrase'
ENCODED = base64.b64encode(VALUE.encode()).decode()


@pytest.mark.parametrize(
    "text",
    [
        VALUE,
        f"user:{VALUE}@host",
        ENCODED,
        base64.b64encode(f"user and {VALUE} and more".encode()).decode(),
        f"line\n  {VALUE}\nline",
        quote(VALUE, safe=""),
        VALUE.replace('"', '\\"'),
    ],
)
def test_a_value_in_plain_sight_is_refused_with_its_key_and_place(text: str, tmp_path: Path) -> None:
    world = World(
        [
            job(trainer={"env": [env("A", "settings")]}),
            runtime(),
            config("settings", k=text),
            secret("db", password=VALUE),
        ]
    )
    with pytest.raises(Refused, match="key 'password' of Secret 'db'") as refusal:
        world.export("learn", tmp_path / "out")
    assert "base/resources/configmap-settings.yaml" in refusal.value.message
    assert "hunter2" not in f"{refusal.value.message}{refusal.value.cause}{refusal.value.advice}"
    assert not (tmp_path / "out").exists()


def test_secrets_of_the_whole_namespace_count_and_those_of_others_do_not(tmp_path: Path) -> None:
    objects = [job(trainer={"args": [VALUE]}), runtime()]
    World([*objects, secret("db", namespace="blue", password=VALUE)]).export("learn", tmp_path / "a")
    with pytest.raises(Refused):
        World([*objects, secret("unrelated", password=VALUE)]).export("learn", tmp_path / "b")


def check(text: str, **data: str) -> None:
    secrets.check({"base/x.yaml": yaml.safe_dump({"spec": text})}, secrets.values([secret("s", **data)]))


def test_a_short_plain_value_counts_only_as_a_whole() -> None:
    check("the administrator", user="admin")
    with pytest.raises(Refused):
        check("admin", user="admin")
    with pytest.raises(Refused):
        secrets.check({"answers.env": "X=admin\n"}, secrets.values([secret("s", user="admin")]))


def test_names_are_no_values() -> None:
    named = yaml.safe_dump({"metadata": {"name": "admin"}, "kind": "admin"})
    secrets.check({"base/x.yaml": named}, secrets.values([secret("s", user="admin")]))


@pytest.mark.parametrize(
    "data", [{"k": "yes"}, {"k": "true"}, {"ca.crt": "abcd-1234-efgh"}, {"namespace": "team-nine"}]
)
def test_what_tells_nothing_is_left_out(data: dict[str, Any]) -> None:
    assert secrets.values([secret("s", **data)]) == ()


def test_a_binary_value_is_looked_for_as_base64() -> None:
    binary: dict[str, Any] = secret("s") | {"data": {"k": base64.b64encode(b"\xff\xfe\x00secret").decode()}}
    with pytest.raises(Refused):
        secrets.check({"x.yaml": yaml.safe_dump([binary["data"]["k"]])}, secrets.values([binary]))

"""Each example on both engines: where its controller is, with the same assertions; else the API server takes it."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest
from apiserver.server import Server

from .bodies import BODIES, objects
from .sides import Embedded, Kind
from .table import EXAMPLES, Example

_RUN_THERE = [one for one in EXAMPLES if one.runs_on_kind]
_ACCEPTED = [one for one in EXAMPLES if not one.runs_on_kind]


def _by_name(example: Example) -> str:
    return example.name


@pytest.mark.parametrize("example", EXAMPLES, ids=_by_name)
def test_embedded_runs_it(example: Example, embedded: Embedded) -> None:
    BODIES[example.name](embedded)


@pytest.mark.parametrize("example", _RUN_THERE, ids=_by_name)
def test_kind_runs_it(example: Example, kind: Kind) -> None:
    BODIES[example.name](kind)


@pytest.mark.core
@pytest.mark.parametrize("example", _ACCEPTED, ids=_by_name)
def test_a_real_api_server_takes_it(
    example: Example, embedded: Embedded, real_apiserver: Server, crds: list[dict[str, Any]]
) -> None:
    """Strict acceptance and nothing more: nobody there acts on it."""
    if not crds:
        pytest.skip("no upstream CRDs here")
    done = subprocess.run(
        [
            str(real_apiserver.kubectl), "--kubeconfig", str(real_apiserver.kubeconfig),
            "create", "--validate=strict", "--dry-run=server", "-o", "name", "-f", "-",
        ],
        input=objects(example.name, embedded), env={"HOME": str(real_apiserver.home)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.split()) >= len(example.kinds.split(", "))


def test_every_example_has_a_body() -> None:
    assert [one.name for one in EXAMPLES] == list(BODIES)

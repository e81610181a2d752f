"""Quantities, what a component asks for, its images and the kinds that it serves."""

from __future__ import annotations

import pytest

from minikf.bundle.render.documents import split
from minikf.bundle.render.facts import Requests, facts
from minikf.bundle.render.quantities import bytes_of, milli_of
from minikf.errors import Refused

from .conftest import WEB


@pytest.mark.parametrize(
    ("quantity", "milli"), [("500m", 500), ("1.5", 1500), (2, 2000), ("100u", 1), ("0", 0), ("1e3", 10**6)]
)
def test_processors_are_counted_in_thousandths(quantity: object, milli: int) -> None:
    assert milli_of(quantity) == milli


@pytest.mark.parametrize(
    ("quantity", "count"), [("64Mi", 64 << 20), ("1G", 10**9), ("128974848", 128974848), ("1500m", 2), ("1E", 10**18)]
)
def test_memory_is_counted_in_bytes(quantity: object, count: int) -> None:
    assert bytes_of(quantity) == count


@pytest.mark.parametrize("quantity", ["", "Mi", "1.2.3", "10 Mi", "5X", None])
def test_what_is_no_quantity_is_refused(quantity: object) -> None:
    with pytest.raises(Refused, match="is no quantity"):
        bytes_of(quantity)


def test_requests_are_those_of_all_replicas() -> None:
    assert facts(split(WEB, "x")).requests == Requests(1500, 3 << 30, 0)


def test_an_init_container_counts_where_it_wants_more_and_a_limit_where_nothing_is_asked_for() -> None:
    pod = (
        "apiVersion: batch/v1\nkind: Job\nmetadata: {name: a}\nspec: {template: {spec: {"
        "initContainers: [{name: i, image: a, resources: {requests: {memory: 1Gi}}}], "
        "containers: [{name: c, image: b, resources: {limits: {cpu: 1, memory: 64Mi}}}]}}}\n"
    )
    assert facts(split(pod, "x")).requests == Requests(1000, 1 << 30, 0)


def test_claims_count_as_storage() -> None:
    spec = "{resources: {requests: {storage: 10Gi}}}"
    claim = f"apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {{name: a}}\nspec: {spec}\n"
    assert facts(split(claim, "x")).requests == Requests(0, 0, 10 << 30)


def test_images_that_others_run_are_found_where_they_are_named() -> None:
    settings = (
        'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {config: \'{"image": "ghcr.io/acme/init:v2"}\', '
        "page: 'https://ghcr.io/acme/docs'}\n---\n"
        "apiVersion: serving.example.com/v1\nkind: Runtime\nmetadata: {name: b}\nspec:\n  containers:\n"
        "  - image: acme/server:v1\n"
    )
    found = facts(split(WEB + "---\n" + settings, "x"))
    assert found.images == ("registry.example.com/web:1",)
    assert found.more_images == ("acme/server:v1", "ghcr.io/acme/init:v2")


def test_served_kinds_are_read_without_the_schemas() -> None:
    definition = (
        "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: tills.acme.io}\n"
        "spec:\n  group: acme.io\n  names:\n    kind: Till\n    plural: tills\n"
    )
    assert facts(split(definition, "x")).kinds == ("Till.acme.io",)
    flow = definition.partition("spec:")[0] + "spec: {group: acme.io, names: {kind: Till}}\n"
    assert facts(split(flow, "x")).kinds == ("Till.acme.io",)

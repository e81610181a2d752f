"""What the user may type for a root, and what is said where it names nothing or too much."""

from __future__ import annotations

import pytest

from minikf.errors import Refused, UsageError
from minikf.promote.roots import find
from tests.unit.promote.promote_world import World, job, service


@pytest.mark.parametrize(
    "text",
    [
        "fraud",
        "isvc/fraud",
        "InferenceService/fraud",
        "inferenceservices/fraud",
        "inferenceservice.serving.kserve.io/fraud",
        "inferenceservices.v1beta1.serving.kserve.io/fraud",
    ],
)
def test_every_spelling_of_kubectl_finds_the_root(text: str) -> None:
    assert find(text, World([service(), job()]), "")["metadata"]["name"] == "fraud"


def test_a_name_of_two_kinds_is_refused_with_both() -> None:
    with pytest.raises(Refused, match="'fraud' names 2 objects") as refusal:
        find("fraud", World([service(), job("fraud")]), "")
    assert refusal.value.cause == "InferenceService team/fraud, TrainJob team/fraud"
    assert refusal.value.advice == "minikf promote inferenceservice/fraud --namespace team --out promote"


def test_a_name_in_two_namespaces_is_refused_until_one_is_named() -> None:
    other = service()
    other["metadata"]["namespace"] = "blue"
    world = World([service(), other])
    with pytest.raises(Refused) as refusal:
        find("isvc/fraud", world, "")
    assert "blue/fraud, InferenceService team/fraud" in refusal.value.cause
    assert find("isvc/fraud", world, "blue")["metadata"]["namespace"] == "blue"


def test_an_absent_root_is_refused_with_where_it_is() -> None:
    with pytest.raises(
        Refused, match=r"no InferenceService, TrainJob or other workload 'fraud' in namespace 'blue'"
    ) as refusal:
        find("fraud", World([service(), job()], platform="lab"), "blue")
    assert refusal.value.cause == "the platform has InferenceService team/fraud"
    assert refusal.value.advice.endswith("--namespace team --out promote --platform lab")


def test_an_empty_platform_advises_the_demo() -> None:
    with pytest.raises(Refused) as refusal:
        find("fraud", World([]), "")
    assert refusal.value.advice == "minikf demo"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("pods/x", "a Pod is not promoted by itself"),
        ("po/x", "a Pod is not promoted by itself"),
        ("spaceship/x", "no kind 'spaceship'"),
        ("/x", "names no object"),
        ("isvc/", "names no object"),
        ("", "names no object"),
        ("a/b/c", "names no object"),
    ],
)
def test_what_is_no_root_is_a_usage_error(text: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        find(text, World([service()]), "")

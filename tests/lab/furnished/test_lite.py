"""The profile lite by `minikf up` on a cluster, as far as it can be had here, and to its end with kwok for the rest."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from controllers import kwok

from minikf.bundle import shelf
from minikf.errors import ExitCode
from minikf.smoke import TESTED

from .conftest import REAL, Make, Platform


@pytest.fixture(scope="module")
def on(furnishing: Make) -> Iterator[Platform]:
    with furnishing() as made:
        yield made


def test_lite_comes_as_far_as_its_images(on: Platform) -> None:
    """All that can run does; what cannot is named, with its image, after minutes and not more."""
    made = on.minikf("up", "--profile", "lite")
    assert made.code == ExitCode.NO_PROGRESS, made.err[-3000:]
    waiting = {
        f"pod {one['metadata']['namespace']}/{one['metadata']['name']}": one for one in on.get("pods", "-A")["items"]
        if any("waiting" in container["state"] for container in one["status"]["containerStatuses"])
    }  # fmt: skip
    told = [json.loads(line) for line in made.err.splitlines()]
    failed = {one["what"]: one for one in told if one.get("state") == "failed"}
    assert failed.keys() == waiting.keys() and len(waiting) > 10
    for what, pod in waiting.items():
        images = [container["image"] for container in pod["spec"]["containers"]]
        assert any(f"image {image} cannot be pulled: " in failed[what]["cause"] for image in images), failed[what]
        assert "no such host" in failed[what]["cause"]
    assert f"and {len(waiting) - 1} other pods wait" in made.error["message"]
    assert "cannot be pulled" in made.error["cause"] and "describe pod" in made.error["advice"]

    found = {one["name"]: one for one in on.done("status")["components"]}
    bundle = shelf.bundle()
    chosen = set(bundle.profiles["lite"].components)
    assert {name for name in chosen if found[name]["healthy"]} == {*REAL}
    assert all("cannot be pulled" in found[name]["cause"] for name in chosen - {*REAL})
    assert on.tested() == dict.fromkeys(REAL, TESTED)
    objects = {tuple(line.split()) for line in on.everything()}
    for name in chosen:
        missing = _ours(on, name) - objects
        assert all(kind.endswith("WebhookConfiguration") for kind, _, _ in missing), (
            "they come when they are answered for"
        )
        assert not missing or name not in REAL


def test_lite_comes_to_its_end_where_kwok_plays_the_rest(
    on: Platform, say: Callable[[str], None], tmp_path: Path
) -> None:
    """All objects, with all webhooks. What those of kwok guard cannot be made any more, so nothing is tested then."""
    with kwok.playing(on.kubeconfig, tmp_path, say):
        node = kwok.node("kwok-0")
        # As of the real node, where the volumes are.
        labels = on.get("node", on.node)["metadata"]["labels"]
        node["metadata"]["labels"] |= {key: labels[key] for key in _OF_NODES}
        on.kubectl("create", "-f", "-", stdin=json.dumps(node))
        on.kubectl("wait", "node/kwok-0", "--for=condition=Ready", "--timeout=60s")
        on.kubectl("cordon", on.node)
        for pod in on.get("pods", "-A")["items"]:
            if pod["status"]["phase"] == "Pending":
                on.kubectl("-n", pod["metadata"]["namespace"], "delete", "pod", pod["metadata"]["name"], "--wait=false")
        made = on.minikf("up")
        assert made.code == 0, made.err[-3000:]

        found = {one["name"]: one for one in on.done("status")["components"]}
        assert all(found[name]["healthy"] for name in shelf.bundle().profiles["lite"].components), found
        hooks = on.get("mutatingwebhookconfigurations,validatingwebhookconfigurations")["items"]
        asked = {hook["clientConfig"]["service"]["name"] for one in hooks for hook in one["webhooks"]}
        assert {"katib-controller", "admission-webhook-service", "kserve-webhook-server-service"} <= asked
        again = on.minikf("up")
        assert again.code == 0 and '"0 to apply, ' in again.err, again.err[-2000:]


_OF_NODES = ("kubernetes.io/hostname", "kubernetes.io/os", "kubernetes.io/arch")


def _ours(on: Platform, component: str) -> set[tuple[str, ...]]:
    """What the inventory in the cluster has of a component, as `everything` tells it."""
    data = on.get("-n", "kube-system", "configmap", "minikf-inventory")["data"]
    lines: list[dict[str, Any]] = [json.loads(line) for line in data[f"{component}.jsonl"].splitlines()]
    return {(one["kind"], one["namespace"] or "-", one["name"]) for one in lines}

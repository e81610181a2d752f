"""Puts a component of upstream's on a cluster: what it is rendered to, less what cannot run in the lab."""

from __future__ import annotations

import json
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from keep import Say

from minikf.bundle.render import Document
from minikf.install.certificates import without_cert_manager

from . import images, upstream

Object = dict[str, Any]
_SECONDS = 240
# Kinds that a component's own webhooks look at: they come when its manager answers.
_LOOKED_AT = ("ClusterTrainingRuntime", "ClusterServingRuntime", "ClusterStorageContainer")


@dataclass(frozen=True)
class Component:
    """A kustomization of the release. `without` are objects, by name, that serve parts which are not here; `change` is
    what an object becomes in a cluster without a mesh. `certificates` is whether cert-manager makes its certificates;
    Trainer, JobSet and the operator make their own (and JobSet's CRD asks for `$(CERTIFICATE_NAME)` all the same)."""

    path: str
    without: tuple[str, ...] = ()
    certificates: bool = False
    change: Callable[[Object], None] = lambda _: None


def _plain_kserve(found: Object) -> None:
    """KServe in Standard mode, without Istio, Knative and Ingress; volumes are mounted by servers themselves, since the
    image that would copy a model out of one is not to be had."""
    if found["kind"] == "ConfigMap" and found["metadata"]["name"] == "inferenceservice-config":
        for key, settings in (
            ("deploy", {"defaultDeploymentMode": "RawDeployment"}),
            ("ingress", {"disableIstioVirtualHost": True, "disableIngressCreation": True}),
            ("storageInitializer", {"enableDirectPvcVolumeMount": True}),
        ):
            found["data"][key] = json.dumps(json.loads(found["data"][key]) | settings)


def _older_operator(found: Object) -> None:
    """The last operator that is a Go module has one webhook, and waits for a kind that the release has dropped."""
    if found["kind"] == "ValidatingWebhookConfiguration":
        found["webhooks"] = [one for one in found["webhooks"] if "pytorchjob" in one["name"]]
    if found["kind"] == "Deployment":
        container = found["spec"]["template"]["spec"]["containers"][0]
        kinds = ("tfjob", "pytorchjob", "xgboostjob", "mpijob", "paddlejob")
        container["args"] = [*container.get("args", ()), *(f"--enable-scheme={kind}" for kind in kinds)]


TRAINER = Component(upstream.TRAINER)
KSERVE = Component(upstream.KSERVE, ("localmodel", "llmisvc", "llminference"), True, _plain_kserve)
TRAINING_OPERATOR = Component(upstream.TRAINING_OPERATOR, change=_older_operator)
_NAMESPACES = ("kubeflow", "kubeflow-system")


@dataclass(frozen=True)
class Target:
    """A cluster: its kubeconfig, the lab's commands, and what loads an archive of images into its nodes."""

    kubeconfig: Path
    commands: Path
    load: Callable[[Path], None]

    def kubectl(self, *words: str, stdin: str = "") -> str:
        """What kubectl prints. Raises CalledProcessError with its words."""
        command = [str(self.commands / "kubectl"), "--kubeconfig", str(self.kubeconfig), *words]
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
        if done.returncode:
            error = subprocess.CalledProcessError(done.returncode, command, done.stdout, done.stderr)
            error.add_note(done.stderr.strip()[-2000:])
            raise error
        return done.stdout

    def apply(self, objects: Iterable[Object]) -> None:
        """Server-side, in one call. Raises CalledProcessError."""
        items = {"apiVersion": "v1", "kind": "List", "items": list(objects)}
        self.kubectl("apply", "--server-side", "--force-conflicts", "--filename", "-", stdin=json.dumps(items))


def install(target: Target, components: Sequence[Component], say: Say) -> None:
    """Installs them and returns when their managers answer. Raises Unavailable without a mirror of upstream."""
    started = time.monotonic()
    objects = [one for component in components for one in _objects(component, target)]
    used = {image for one in objects for image in _images(one)}
    with tempfile.TemporaryDirectory() as folder:
        target.load(images.archive(used, target.commands, Path(folder) / "controllers.tar"))
    target.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in _NAMESPACES)
    definitions = [one for one in objects if one["kind"] == "CustomResourceDefinition"]
    target.apply(definitions)
    names = [f"crd/{one['metadata']['name']}" for one in definitions]
    target.kubectl("wait", "--for=condition=Established", f"--timeout={_SECONDS}s", *names)
    later = [one for one in objects if one["kind"] in _LOOKED_AT]
    target.apply(one for one in objects if one not in definitions and one not in later)
    for one in objects:
        if one["kind"] == "Deployment":
            where, name = one["metadata"]["namespace"], one["metadata"]["name"]
            target.kubectl("-n", where, "rollout", "status", f"deployment/{name}", f"--timeout={_SECONDS}s")
    _when_webhooks_answer(target, later)
    say(f"{len(objects)} objects of {len(components)} components run after {time.monotonic() - started:.0f} s")


def _objects(component: Component, target: Target) -> list[Object]:
    documents = upstream.rendered(component.path, target.commands / "kubectl")
    if component.certificates:
        documents = without_cert_manager(documents, lambda *_: None)
    return [_fitted(one.parsed, component) for one in documents if _stays(one, component)]


def _stays(document: Document, component: Component) -> bool:
    """Definitions and roles of left-out parts do no harm and stay."""
    if document.kind in ("CustomResourceDefinition", "ClusterRole", "ClusterRoleBinding", "ServiceAccount"):
        return True
    return not any(word in document.name for word in component.without)


def _fitted(found: Object, component: Component) -> Object:
    component.change(found)
    if found["kind"] == "CustomResourceDefinition":
        found.pop("status", None)
    if found["kind"] == "Deployment":
        pod = found["spec"]["template"]["spec"]
        # Images that the lab cannot build are sidecars which guard metrics.
        pod["containers"] = [one for one in pod["containers"] if images.built_for(one["image"])]
        for container in pod["containers"]:
            container["imagePullPolicy"] = "IfNotPresent"
            container.get("readinessProbe", {}).update(initialDelaySeconds=1, periodSeconds=1)
            # The lab's node has two processors for everything, and shares them.
            for kind in ("limits", "requests"):
                container.get("resources", {}).get(kind, {}).pop("cpu", None)
    return found


def _images(found: Object) -> list[str]:
    if found["kind"] != "Deployment":
        return []
    return [one["image"] for one in found["spec"]["template"]["spec"]["containers"]]


def _when_webhooks_answer(target: Target, objects: list[Object]) -> None:
    """Managers that make their own certificates are Ready a moment before the API server trusts them."""
    deadline = time.monotonic() + _SECONDS
    while objects:
        try:
            target.apply(objects)
            return
        except subprocess.CalledProcessError as error:
            if "failed calling webhook" not in error.stderr or time.monotonic() > deadline:
                raise
            time.sleep(1)

"""The distribution's own example as parts to install, rendered from the mirror, made to run where no image can be had.

Nothing of upstream's objects is changed but this: cert-manager's controllers do not run here, so the certificate of the
lab's webhook server (`webhook.py`), which stands for all of upstream's, is written where they would write it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from minikf.install.bring import parts
from minikf.install.choice import Choice
from minikf.install.objects import Item, Part
from minikf.install.prepare import Prepared, prepare
from minikf.install.webhooks import KINDS, hooks
from minikf.paths import PlatformPaths
from minikf.spec import Access

from .cluster import Cluster
from .doing import done

EXAMPLE = 614 + 14 + 2
"""What the 27 paths of 26.03's example are rendered to, and what the catalogue adds: the objects of Pipelines for the
whole cluster, without which one of its workloads has no ServiceAccount, and a rule and a route of the mesh."""

PORTS = (4443, 8443, 9443, 10250, 15017)
"""Where upstream's webhook servers listen: the target ports of their Services."""

_CHECKOUT = Path(__file__).resolve().parents[3]
_CONFIG = re.compile(r"^( *)((?:- )?)clientConfig:\n(?: *caBundle: .*\n)?", re.MULTILINE)


def mirror() -> Path | None:
    """A mirror of upstream's files laid out as OWNER/REPO/REF/PATH, or None where none is here."""
    found = Path(os.environ.get("MINIKF_UPSTREAM") or _CHECKOUT.parent / "shared" / "upstream")
    return found if (found / "kubeflow/manifests/26.03").is_dir() else None


def example(where: Path, binaries: Path) -> Prepared:
    """The profile `full`, without what the catalogue adds to the example."""
    os.environ["PATH"] = f"{binaries}{os.pathsep}{os.environ['PATH']}"
    choice = Choice("kubeflow@26.03", "full", remove=("model-registry", "model-registry-ui"))
    return done(prepare(choice, mirror=str(where)))


def example_parts(access: Access, paths: PlatformPaths, prepared: Prepared, bundle: str) -> tuple[Part, ...]:
    """`bundle` is whom webhooks are to trust, in base64. Workloads are waited for, and no certificate or other resource
    that only a controller of upstream's says to be ready."""
    return tuple(
        replace(part, objects=tuple(_trusting(item, bundle) for item in part.objects), ready=())
        for part in parts(access, paths, prepared)
    )


def services(made: Sequence[Part]) -> list[tuple[str, str]]:
    """What webhooks are served by."""
    found = {hook.service for part in made for item in part.objects if item.kind in KINDS for hook in hooks(item)}
    return sorted(service for service in found if service is not None)


def definitions(made: Sequence[Part]) -> tuple[Part, ...]:
    """The definitions alone: what an API server needs longest for."""
    found = (item for part in made for item in part.objects if item.kind == "CustomResourceDefinition")
    return (Part("definitions", (), tuple(found)),)


def volumes(cluster: Cluster) -> None:
    """For the claims of the databases: nobody provisions any here."""
    for number in range(4):
        spec: dict[str, Any] = {
            "capacity": {"storage": "100Gi"},
            "accessModes": ["ReadWriteOnce", "ReadWriteMany"],
            "hostPath": {"path": "/nowhere"},
        }
        body = {"metadata": {"name": f"lab-{number}"}, "spec": spec}
        code, said = cluster.server.request("POST", "/api/v1/persistentvolumes", body)
        assert code == 201, said


def _trusting(item: Item, bundle: str) -> Item:
    if item.kind not in KINDS and not (item.kind == "CustomResourceDefinition" and "\n  conversion:\n" in item.text):
        return item

    def trust(found: re.Match[str]) -> str:
        indent = f"{found[1]}{' ' * len(found[2])}  "
        return f"{found[1]}{found[2]}clientConfig:\n{indent}caBundle: {bundle}\n"

    return replace(item, text=_CONFIG.sub(trust, item.text))

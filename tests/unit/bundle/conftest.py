"""Small bundles, a mirror that tests write, and upstream's own files where there are any."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[3]
HEAD = """\
bundle: small
version: "1"
sources:
  here: {repo: acme/manifests, ref: v1}
"""


def upstream() -> Path | None:
    """The mirror of upstream's files; None where there is none."""
    mirror = Path(os.environ.get("MINIKF_UPSTREAM") or CHECKOUT.parent / "shared" / "upstream")
    return mirror if (mirror / "kubeflow" / "manifests" / "26.03").is_dir() else None


def kubectl() -> Path | None:
    """A kubectl: on PATH, else the one that the lab built."""
    lab = Path(os.environ.get("MINIKF_LAB_CACHE") or "~/.cache/minikf-lab").expanduser()
    built = (lab / "bin" / "kubectl", *sorted(lab.glob("*/bin/kubectl")))
    found = shutil.which("kubectl") or next((str(file) for file in built if os.access(file, os.X_OK)), None)
    return Path(found) if found else None


def entry(name: str, *more: str, paths: str = "") -> str:
    """A component of the bundle `small`; `more` are lines of it."""
    lines = [
        f"- id: {name}",
        f"  title: The {name}",
        "  group: Parts",
        f"  does: what {name} does",
        "  licence: {spdx: Apache-2.0, source: acme/manifests/v1/LICENSE}",
        f"  standard: {{paths: [here/{paths or name}]}}",
    ]
    return "\n".join([*lines, *(f"  {line}" for line in more)]) + "\n"


Write = Callable[..., Path]


@pytest.fixture
def write_bundle(tmp_path: Path) -> Write:
    """Writes bundle.yaml with these components, and returns its folder."""

    def write(*entries: str, head: str = HEAD, profiles: str = "", name: str = "bundle") -> Path:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        text = head + (f"profiles:\n{profiles}" if profiles else "") + "components:\n" + "".join(entries)
        (folder / "bundle.yaml").write_text(text)
        return folder

    return write

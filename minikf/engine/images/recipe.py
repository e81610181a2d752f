"""What an image for pods is made of: a folder with a Dockerfile, or with a program and its requirements. Pure but for a
look at the folder."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path

from minikf.errors import Refused, UsageError

BASE = f"python:{sys.version_info.major}.{sys.version_info.minor}-slim"
"""What a folder without a Dockerfile is built on: Python of MiniKF's own version, as the seeded runtimes name it."""

DOCKERFILE, REQUIREMENTS, WHEELS = "Dockerfile", "requirements.txt", "wheels"
APP, PACKAGES = "/app", "/opt/packages"
USER = 1000
"""Neither root nor anybody: pods of KServe's runtimes may not run as root."""

# Never sent to an image that we describe: histories, environments, caches, and where people keep passwords.
LEFT_OUT = (".git", ".venv", ".env", "**/.env", "**/__pycache__", "**/.ipynb_checkpoints", ".dockerignore")
_TAG = re.compile(r"[a-z0-9]+(?:[._/:-]+[a-zA-Z0-9]+)*")


@dataclass(frozen=True)
class Recipe:
    """`text` is a Dockerfile of ours, "" where the folder has its own; `left_out` are patterns as in .dockerignore.

    `tag` is "" where the image is to be named after what is in it: `minikf/NAME:` and the beginning of its id.
    """

    folder: Path
    name: str
    text: str
    left_out: tuple[str, ...]
    tag: str = ""


def recipe(folder: Path, tag: str = "", base: str = "") -> Recipe:
    """What to build of a folder. Raises UsageError for what is no folder or no name, Refused for a folder that nobody
    means, or where nothing in it says what to build."""
    folder = folder.expanduser().resolve()
    if not folder.is_dir():
        raise UsageError(f"there is no folder {folder}", advice="minikf image build FOLDER")
    if tag and not _TAG.fullmatch(tag):
        raise UsageError(f"'{tag}' cannot name an image", advice="--tag team/trainer:1")
    if tag and tag.rpartition("/")[2].partition(":")[2] in ("", "latest"):
        raise UsageError(
            f"'{tag}' has no version",
            cause="Kubernetes asks a registry for an image called latest, even where the nodes have it",
            advice=f"--tag {tag.removesuffix(':latest')}:1",
        )
    if folder in (Path("/"), Path.home()):
        raise Refused(
            f"all of {folder} would be sent to the Docker engine, and be in the image",
            cause="it is no folder of one program",
            advice="put the program and its requirements.txt into a folder of its own, and name that",
        )
    ignored = folder / ".dockerignore"
    left_out = tuple(ignored.read_text().splitlines()) if ignored.is_file() else ()
    name = re.sub(r"[^a-z0-9]+", "-", folder.name.lower()).strip("-") or "image"
    if (folder / DOCKERFILE).is_file():
        if base:
            raise UsageError(f"{folder / DOCKERFILE} says itself what the image is built on", advice="leave out --from")
        return Recipe(folder, name, "", left_out, tag)
    if not any(folder.iterdir()):
        raise Refused(
            f"{folder} is empty",
            cause="an image is made of a Dockerfile, or of a program and its requirements.txt",
            advice=f"echo scikit-learn > {folder / REQUIREMENTS}",
        )
    return Recipe(folder, name, _dockerfile(folder, base or BASE), (*left_out, *LEFT_OUT), tag)


def _dockerfile(folder: Path, base: str) -> str:
    """Packages in a layer of their own, so that a change of the program sends little; no wheel stays in the image."""
    has_wheels = (folder / WHEELS).is_dir()
    lines = [f"FROM {base} AS made", f"RUN mkdir -p {PACKAGES}"]
    if (folder / REQUIREMENTS).is_file():
        lines.append(f"COPY {REQUIREMENTS} /build/")
        if has_wheels:
            lines.append(f"COPY {WHEELS} /build/{WHEELS}")
        where = f" --no-index --find-links /build/{WHEELS}" if has_wheels else ""
        pip = f"python -m pip install --no-cache-dir --target {PACKAGES}{where} -r /build/{REQUIREMENTS}"
        lines.append(f"RUN {pip}")
    lines += [
        f"COPY . {APP}",
        f"RUN rm -rf {APP}/{WHEELS}",
        f"FROM {base}",
        f"COPY --from=made {PACKAGES} {PACKAGES}",
        f"COPY --from=made --chown={USER}:{USER} {APP} {APP}",
        f"ENV PYTHONPATH={PACKAGES} PATH={PACKAGES}/bin:$PATH HOME={APP} PYTHONUNBUFFERED=1",
        f"WORKDIR {APP}",
        f"USER {USER}:{USER}",
    ]
    return "\n".join(lines) + "\n"

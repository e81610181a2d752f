"""The folder in which kustomize works: upstream's files, and kustomizations of ours over them."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

import yaml

from minikf.bundle.model import LITE, Chart, Component
from minikf.bundle.render import charts, kustomize
from minikf.bundle.render.documents import Document, joined, split
from minikf.bundle.render.schemas import thin, whole
from minikf.bundle.render.tailor import tailored
from minikf.errors import Refused
from minikf.files import make_folder

_SPREADS = re.compile(rb"^(vars|namePrefix|nameSuffix):", re.MULTILINE)
_WAY_IN = b"openAPIV3Schema/"  # as JSON patches have it (RFC 6901)


@dataclass(frozen=True)
class Wanted:
    """A component in a variant.

    `files` are all files that it is made of, address to sha256; `patches` our own ones; `sha256` is that of what it is
    rendered to, "" where that is not known; `kubernetes` is the version that its charts are rendered for.
    """

    component: Component
    variant: str
    files: Mapping[str, str]
    patches: Mapping[str, Traversable]
    sha256: str = ""
    kubernetes: str = ""

    @property
    def has_charts(self) -> bool:
        return bool(self.component.shape(self.variant).charts)


def thinned(tree: Path, folder: Path, wanted: Iterable[Wanted]) -> dict[str, str]:
    """Puts all files of `tree` into `folder`, without the schemas of custom resources, which are returned by name.

    A component with patches that lead into a schema keeps its own.
    """
    kept = {address for one in wanted if _reaches_in(tree, one.files) for address in one.files}
    schemas: dict[str, str] = {}
    for place, _, names in os.walk(tree):
        within = os.path.relpath(place, tree)
        beside = make_folder(folder / within)
        for name in names:
            file = Path(place) / name
            without = None if os.path.normpath(f"{within}/{name}") in kept else thin(file.read_bytes())
            if without is None:
                os.link(file, beside / name)
            else:
                (beside / name).write_bytes(without[0])
                schemas |= without[1]
    return schemas


def _reaches_in(tree: Path, addresses: Iterable[str]) -> bool:
    files = (tree / address for address in addresses)
    return any(_WAY_IN in file.read_bytes() for file in files if file.is_file())


class Workshop:
    """The folder of upstream's files, and beside it one of our own per run of kustomize.

    With `schemas`, by the names that stand for them, the files are without the schemas of custom resources; those of
    charts stay where they are. `helm` is there where something has charts.
    """

    def __init__(
        self, tree: Path, kubectl: Path, schemas: Mapping[str, str] | None = None, helm: Path | None = None
    ) -> None:
        self._tree = tree
        self._kubectl = kubectl
        self._helm = helm
        self._schemas = schemas

    def __enter__(self) -> Workshop:
        self._ours = Path(tempfile.mkdtemp(prefix=".minikf-", dir=self._tree))
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._ours, ignore_errors=True)

    def size(self, one: Wanted) -> int:
        """The bytes of its files that are there."""
        files = (self._tree / address for address in one.files)
        return sum(file.stat().st_size for file in files if file.exists())

    def spreads(self, one: Wanted) -> bool:
        """Whether it would change others of the same run: kustomize resolves variables and new names in all of them."""
        files = (self._tree / address for address in one.files if "kustomization" in address)
        return any(_SPREADS.search(file.read_bytes()) for file in files if file.is_file())

    def texts(self, batch: Sequence[Wanted]) -> tuple[str, ...]:
        """What each of these is rendered to, by one run of kustomize; "" where a schema did not come through.

        Objects come in the order in which the files name them: an order by kind would mix the components. Between them
        stands an object that says whose end it is. Raises Refused where kustomize refuses one of them, or two that
        have an object in common; where a `leave_out` names nothing; where a patch is none; and as `charts.planted`.
        """
        folder = Path(tempfile.mkdtemp(prefix="run-", dir=self._ours))
        resources: list[str] = []
        for number, one in enumerate(batch):
            resources += [os.path.relpath(inner, folder) for inner in self._folders(one, folder)]
            (folder / f"end-{number}.yaml").write_text(_end(number))
            resources.append(f"end-{number}.yaml")
        _kustomization(folder, {"sortOptions": {"order": "fifo"}, "resources": resources})
        rest = kustomize.build(self._kubectl, folder, ", ".join(one.component.id for one in batch))
        made = []
        for number, one in enumerate(batch):
            text, _, rest = rest.partition(_end(number))
            made.append(self._finished(one, text.removesuffix("---\n")))
            rest = rest.removeprefix("---\n")
        return tuple(made)

    def _finished(self, one: Wanted, text: str) -> str:
        shape = one.component.shape(one.variant)
        if shape.leave_out or one.variant == LITE:
            left = _without(split(text, one.component.id), shape.leave_out, one.component.id)
            text = joined(tailored(left) if one.variant == LITE else left)
        return text if self._schemas is None else (whole(text, self._schemas) or "")

    def _folders(self, one: Wanted, run: Path) -> list[Path]:
        shape = one.component.shape(one.variant)
        if shape.patches or shape.charts:
            return [self._patched(one, make_folder(run / f"{one.component.id}-{one.variant}"))]
        return [self._tree / origin.address for origin in shape.origins]

    def _patched(self, one: Wanted, folder: Path) -> Path:
        """A kustomization of ours over upstream's, with all else below it: kustomize reads no file outside."""
        shape = one.component.shape(one.variant)
        content: dict[str, Any] = {
            "resources": [os.path.relpath(self._tree / origin.address, folder) for origin in shape.origins],
            "components": [],
            "patches": [],
        }
        for number, chart in enumerate(shape.charts):
            content["resources"].append(f"chart-{number}")
            self._chart(one, chart, folder / f"chart-{number}")
        for name in shape.patches:
            _add(one.patches[name].read_text(), name, folder, content)
        if not content["resources"]:
            raise Refused(
                f"the component {one.component.id} has no objects",
                cause="it names neither paths nor charts, and none of its patches brings an object of its own",
                advice=f"minikf bundle show {one.component.id}",
            )
        _kustomization(folder, content)
        return folder

    def _chart(self, one: Wanted, chart: Chart, folder: Path) -> None:
        if self._helm is None:
            raise ValueError(f"{one.component.id} has a chart, and there is no helm")
        values = one.patches[chart.values].read_text() if chart.values else None
        left_out = one.component.shape(one.variant).leave_out
        archive = self._tree / chart.archive.address
        charts.planted(self._helm, chart, archive, values, one.kubernetes, folder, left_out)


def _kustomization(folder: Path, content: dict[str, Any]) -> None:
    head = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}
    (folder / "kustomization.yaml").write_text(yaml.safe_dump(head | content, sort_keys=False))


def _end(number: int) -> str:
    """As kustomize writes it, so that it is found again in its output."""
    return f"apiVersion: minikf.dev/v1\nkind: End\nmetadata:\n  name: end-{number}\n"


def _add(text: str, name: str, folder: Path, content: dict[str, Any]) -> None:
    """Puts one of our patches where kustomize takes it: a list is `patches`, a Component one of `components`, and all
    else are objects of our own, which upstream's path lacks."""
    found = [one for one in yaml.safe_load_all(text) if one]
    if len(found) == 1 and isinstance(found[0], list):
        content["patches"] += found[0]
    elif not found or not all(isinstance(one, dict) for one in found):
        raise Refused(
            f"the patch {name} is neither a list of patches, a Component nor an object", advice="minikf bundle verify"
        )
    elif found[0].get("kind") == "Component":
        inner = make_folder(folder / name)
        (inner / "kustomization.yaml").write_text(text)
        content["components"].append(name)
    else:
        (folder / f"own-{name}").write_text(text)
        content["resources"].append(f"own-{name}")


def _without(documents: Sequence[Document], keys: Sequence[str], where: str) -> tuple[Document, ...]:
    """Raises Refused where a key names nothing: it would be an oversight that nobody sees."""
    there = {document.key for document in documents}
    if unknown := [key for key in keys if key not in there]:
        raise Refused(
            f"the component {where} leaves out what it does not have: {', '.join(unknown)}",
            cause="leave_out names objects as Kind/namespace/name, or Kind/name",
            advice="minikf bundle show " + where,
        )
    return tuple(document for document in documents if document.key not in keys)

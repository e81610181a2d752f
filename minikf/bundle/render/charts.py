"""A packaged chart as a kustomization of what `helm template` makes of it: all else is done to it as to any other.

helm asks no cluster and no network for that: the archive has to hold the charts that it depends on.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from minikf.bundle.model import Chart
from minikf.bundle.render.archives import look_into
from minikf.bundle.render.tool import run
from minikf.errors import Refused

HOOK = "helm.sh/hook"
TESTS = {"test", "test-success"}
"""What only `helm test` runs; the latter is its name in helm 2 (helm 4.2.4, pkg/release/v1/util/manifest_sorter.go)."""
OBJECTS = "objects.yaml"

_SEPARATOR = re.compile(r"^---[ \t]*\n", re.MULTILINE)
_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)  # only read here: what values mean is kustomize's business

# What a chart's object without a namespace gets is that of its release. kustomize knows which built-in kinds have none;
# what it writes on custom resources of the whole cluster counts for nothing when they are applied.
_NAMESPACE = """apiVersion: builtin
kind: NamespaceTransformer
metadata: {{name: release, namespace: {namespace}}}
unsetOnly: true
setRoleBindingSubjects: none
"""


def planted(
    helm: Path,
    chart: Chart,
    archive: Path,
    values: str | None,
    kubernetes: str,
    folder: Path,
    left_out: tuple[str, ...],
) -> None:
    """Makes `folder` a kustomization of what the chart is rendered to.

    `values` is the text of our file; `left_out` are keys of objects that will not be there, and so may be hooks. Raises
    NotLockable for an archive that is none, and Refused: with helm's own words, for hooks, for what is no object, and
    where a second rendering makes other objects.
    """
    where = f"the chart {chart.archive.path.rpartition('/')[2]}"
    look_into(archive.read_bytes(), where)
    folder.mkdir(parents=True)
    given = []
    if values is not None:
        (folder / "values.yaml").write_text(values)
        given = ["--values", str(folder / "values.yaml")]
    words = [
        "template", chart.release, str(archive), "--namespace", chart.namespace, "--kube-version", kubernetes,
        "--include-crds", *given,
    ]  # fmt: skip
    first, second = (_documents(_run(helm, words, where), where) for _ in range(2))
    if first != second:
        raise _random(first, second, where)
    kept = _without_hooks(first, chart, where, left_out)
    (folder / OBJECTS).write_text("---\n".join(one.text for one in kept))
    (folder / "kustomization.yaml").write_text(
        yaml.safe_dump({"resources": [OBJECTS], "transformers": ["release.yaml"]})
    )
    (folder / "release.yaml").write_text(_NAMESPACE.format(namespace=chart.namespace))


def version(helm: Path) -> str:
    """As `v4.2.4`. Raises Refused where it does not tell."""
    found = _run(helm, ["version", "--template", "{{.Version}}"], "helm").strip()
    if not re.fullmatch(r"v\d+\.\d+\.\d+\S*", found):
        raise Refused(f"{helm} does not say its version", cause=f"it said {found[:60]!r}", advice="minikf doctor")
    return found


@dataclass(frozen=True)
class _Told:
    """A document as helm prints it: what it is, and the events that it is a hook of."""

    kind: str
    name: str
    namespace: str
    events: frozenset[str]
    text: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"


def _documents(text: str, where: str) -> list[_Told]:
    """Raises Refused for what is no object."""
    found = []
    for part in _SEPARATOR.split(text):
        try:
            content = yaml.load(part, Loader=_LOADER)
            if content is None or content == "":  # a template that makes nothing leaves a comment
                continue
            metadata = content.get("metadata") or {}
            events = (metadata.get("annotations") or {}).get(HOOK, "").split(",")
            name, namespace = metadata.get("name", ""), metadata.get("namespace", "")
            when = frozenset(one.strip() for one in events) - {""}
            found.append(_Told(content["kind"], name, namespace, when, part if part.endswith("\n") else f"{part}\n"))
        except (yaml.YAMLError, AttributeError, KeyError, TypeError) as error:
            raise Refused(
                f"{where} makes a document that is no object: {part.strip()[:60]!r}",
                cause=f"{type(error).__name__}: {error}",
                advice="correct its values, or take another version of it",
            ) from error
    return found


def _without_hooks(documents: list[_Told], chart: Chart, where: str, left_out: tuple[str, ...]) -> Iterator[_Told]:
    """All but tests, which `helm test` alone runs, and hooks that the bundle leaves out by their names."""
    for one in documents:
        key = f"{one.kind}/{one.namespace or chart.namespace}/{one.name}"
        if not one.events or (key in left_out or str(one) in left_out):
            yield one  # what is left out goes when all is rendered, so that a name that is none is seen
        elif not one.events <= TESTS:
            raise Refused(
                f"{where} has the hook {one}, which helm runs at {', '.join(sorted(one.events))}",
                cause="MiniKF applies objects and runs no hooks; one that is applied as an object runs at a time that "
                "its authors did not mean",
                advice=f"switch it off by the chart's values, or leave it out and say so: leave_out: [{key}]",
            )


def _random(first: list[_Told], second: list[_Told], where: str) -> Refused:
    differing = sorted({str(one) for one in set(first) ^ set(second)})
    return Refused(
        f"{where} is rendered to other objects each time",
        cause=f"{', '.join(differing)}: its templates make random values, or look at the clock",
        advice="set those values in the chart's values, so that the objects are the same everywhere",
    )


def _run(helm: Path, words: list[str], where: str) -> str:
    # A home of its own: no plugins, repositories or settings of the user, and nothing is written to theirs.
    with tempfile.TemporaryDirectory(prefix="minikf-helm-") as home:
        done = run([str(helm), *words], f"helm for {where}", Path(home), HOME=home)
    if done.returncode:
        told = [line for line in done.stderr.splitlines() if line.strip() and not line.startswith("WARNING")]
        raise Refused(
            f"{where} cannot be rendered",
            cause=" ".join(told).removeprefix("Error: ")[-400:] or "helm said nothing",
            advice="correct its values, or take a version of it that this Kubernetes and this helm can have",
        )
    return done.stdout

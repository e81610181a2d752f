"""What kubectl does with an object, for every kind that the engine serves."""

from __future__ import annotations

import json
from collections.abc import Iterator

from ..case import Case, Kubectl, Step
from ..specimens import SPECIMENS, Specimen

# Whose cases are part of every change; those of the other kinds are played by the whole lab.
CORE_KINDS = ("job", "pytorchjob", "experiment")
# What an update cannot give back: the selector that a Job was given when it was made.
_IRREPLACEABLE = ("Job",)
_FIELDS = r"^(GROUP|KIND|VERSION|FIELD:|  \w+\t<)"


def _steps(s: Specimen) -> Iterator[Step]:
    a, b, resource = s.named("a"), s.named("b"), s.resource
    one, mine = f"{resource}/{a}", f"{resource} -l lab=$ns"
    changed = s.make("a", change=s.change)
    yield Kubectl("create --dry-run=server -o yaml -f -", stdin=s.make("a"))
    yield Kubectl("create -f -", stdin=s.make("a"))
    yield Kubectl("create -f -", stdin=s.make("a"), expect=1)
    yield Kubectl("create -f - --validate=strict", stdin=s.make("x") | {"unknownField": 1}, expect=1 if s.typed else 0)
    yield from _gets(s)
    yield Kubectl(f"describe {one}")
    yield Kubectl(f"explain {s.plural} --api-version={s.api_version}", keep=_FIELDS)
    yield Kubectl(f"explain {s.plural}.nothing --api-version={s.api_version}", expect=1)
    yield Kubectl(f"label {one} tier=two", expect=1)
    yield Kubectl(f"label {one} tier=two app=x --overwrite")
    yield Kubectl(f"label {one} tier=one app- --overwrite")
    yield Kubectl(f"annotate {one} note=x")
    yield Kubectl(f"patch {one} --type=merge -p '{json.dumps(s.change)}'")
    patch = [{"op": "add", "path": "/metadata/labels/json", "value": "y"}]
    yield Kubectl(f"patch {one} --type=json -p '{json.dumps(patch)}'")
    yield Kubectl(f"patch {one} -p '{json.dumps({'metadata': {'labels': {'json': None}}})}'", expect=int(s.custom))
    yield Kubectl(f"edit {one}", edit=("tier: one", "tier: ten"))
    yield Kubectl("replace -f -", stdin=changed, expect=int(s.kind in _IRREPLACEABLE))
    yield Kubectl(f"wait {one} --for=jsonpath='{{.metadata.labels.lab}}'=$ns --timeout=5s")
    yield Kubectl(f"delete {one} --wait=false")
    yield from _applies(s)
    yield from _scales(s)
    yield Kubectl(f"events --for {s.kind.lower()}.{s.version}.{s.group}/{b}" if s.group else f"events --for {one}")
    yield Kubectl(f"delete {mine} --wait=false --cascade=background")
    yield Kubectl(f"get {mine} -o name")


def _gets(s: Specimen) -> Iterator[Step]:
    a, resource = s.named("a"), s.resource
    yield Kubectl(f"get {resource} {a}")
    yield Kubectl(f"get {resource} -l lab=$ns -o wide")
    yield Kubectl(f"get {resource} -l lab=$ns -o name")
    yield Kubectl(f"get {resource} {a} -o yaml --show-managed-fields")
    yield Kubectl(f"get {resource} -l lab=$ns --show-labels")
    yield Kubectl(f"get {resource} {s.named('nothing')}", expect=1)
    if s.namespaced:
        yield Kubectl(f"get {resource} -A -l lab=$ns")
    yield Kubectl(f"get {resource} {a} --subresource=status", expect=0 if s.status else 1)


def _applies(s: Specimen) -> Iterator[Step]:
    """Three-way and server-side apply, of another object: the first one may still be ending."""
    one, changed = f"{s.resource}/{s.named('b')}", s.make("b", change=s.change)
    yield Kubectl("apply -f -", stdin=s.make("b"))
    yield Kubectl("apply -f -", stdin=s.make("b"))
    yield Kubectl("diff -f -", stdin=changed, expect=1)
    yield Kubectl("apply -f -", stdin=changed)
    yield Kubectl(f"apply view-last-applied {one} -o json")
    yield Kubectl("apply --server-side --field-manager=two -f -", stdin=s.make("b", "two", s.change), expect=1)
    yield Kubectl("apply --server-side --field-manager=two --force-conflicts -f -", stdin=s.make("b", "two", s.change))
    yield Kubectl(f"get {one} -o yaml --show-managed-fields")


def _scales(s: Specimen) -> Iterator[Step]:
    one = f"{s.resource}/{s.named('b')}"
    if not s.scale:
        yield Kubectl(f"scale {one} --replicas=3", expect=1)
        return
    yield Kubectl(f"scale {one} --replicas=3")
    yield Kubectl(f"scale {one} --replicas=4 --current-replicas=3")
    yield Kubectl(f"scale {one} --replicas=5 --current-replicas=3", expect=1)
    yield Kubectl(f"get {one} --subresource=scale")
    yield Kubectl(f"get {one} --subresource=scale -o yaml")
    yield Kubectl(f'patch {one} --subresource=scale --type=merge -p \'{{"spec":{{"replicas":1}}}}\'')


CASES = tuple(
    Case(
        f"every-{specimen.id}-kubectl",
        tuple(_steps(specimen)),
        needs_crds=specimen.custom,
        core=specimen.id in CORE_KINDS,
    )
    for specimen in SPECIMENS
)

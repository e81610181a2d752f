"""Makes minikf/embedded/schemas/protobuf.json: the field numbers of what kubectl sends as protobuf.

    scripts/make_protobuf_table.py [--check]

Reads the generated.proto files of the Go modules k8s.io/api and k8s.io/apimachinery (found by `go mod download`) for
numbers and types, and their types.go for the fields that JSON writes inline. --check only says whether the file is
current.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

VERSION = "v0.34.4"
FILES = {
    "k8s.io/api": ("core/v1", "batch/v1", "rbac/v1"),
    "k8s.io/apimachinery": ("pkg/apis/meta/v1", "pkg/api/resource", "pkg/util/intstr", "pkg/runtime"),
}
# What clients send whole; everything reachable from here is kept.
ROOTS = (
    *(f"core/v1.{name}" for name in ("Namespace", "Pod", "ConfigMap", "Secret", "ServiceAccount", "Service")),
    *(f"core/v1.{name}" for name in ("PersistentVolumeClaim", "Event", "ResourceQuota", "LimitRange")),
    "batch/v1.Job",
    *(f"rbac/v1.{name}" for name in ("Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding")),
    "meta/v1.DeleteOptions",
)
OUT = Path(__file__).resolve().parent.parent / "minikf" / "embedded" / "schemas" / "protobuf.json"
_MESSAGE = re.compile(r"^message (\w+) \{$(.*?)^\}$", re.MULTILINE | re.DOTALL)
_FIELD = re.compile(r"^\s+(?:(optional|repeated) )?(map<string, ?[.\w]+>|[.\w]+) (\w+) = (\d+);", re.MULTILINE)
_STRUCT = re.compile(r"^type (\w+) struct \{$(.*?)^\}$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r'json:",inline" protobuf:"bytes,(\d+),')
# A Go field that is no pointer and has omitempty: JSON leaves out its zero value, protobuf writes it.
_OMITTED = re.compile(r'^\s+\w+ +(?!\*)\S+ +`json:"\w+,omitempty"[^`]* ?protobuf:"\w+,(\d+),', re.MULTILINE)
_SCALARS = ("string", "bytes", "bool", "int32", "int64", "double")

Table = dict[str, dict[str, list[object]]]


def module(name: str) -> Path:
    """The folder of a Go module. Raises CalledProcessError with Go's own words."""
    run = subprocess.run(["go", "mod", "download", "-json", f"{name}@{VERSION}"], capture_output=True, check=True)
    return Path(json.loads(run.stdout)["Dir"])


def short(package: str) -> str:
    """`pkg/apis/meta/v1` is `meta/v1` in the table."""
    return package.removeprefix("pkg/").removeprefix("apis/")


def read() -> tuple[Table, list[dict[str, str]]]:
    """All messages as {name: {number: [json name, type, shape, omitted]}}.

    `shape` is "", list, map or inline; `omitted` says that JSON leaves the zero value out.
    """
    table: Table = {}
    sources = []
    for go_module, packages in FILES.items():
        folder = module(go_module)
        for package in packages:
            file = folder / package / "generated.proto"
            data = file.read_bytes()
            digest = hashlib.sha256(data).hexdigest()
            path = f"{package}/generated.proto"
            sources.append({"repository": go_module, "ref": VERSION, "path": path, "sha256": digest})
            inline = numbers_of(_INLINE, folder / package)
            omitted = numbers_of(_OMITTED, folder / package)
            for name, body in _MESSAGE.findall(data.decode()):
                found = fields(body, short(package), inline.get(name, frozenset()), omitted.get(name, frozenset()))
                table[f"{short(package)}.{name}"] = found
    return table, sources


def numbers_of(pattern: re.Pattern[str], folder: Path) -> dict[str, frozenset[str]]:
    """The field numbers that a pattern finds in each struct of a package."""
    found: dict[str, frozenset[str]] = {}
    for file in folder.glob("types*.go"):
        for name, body in _STRUCT.findall(file.read_text()):
            numbers = frozenset(pattern.findall(body))
            if numbers:
                found[name] = numbers
    return found


def fields(body: str, package: str, inline: frozenset[str], omitted: frozenset[str]) -> dict[str, list[object]]:
    out: dict[str, list[object]] = {}
    for label, written, name, number in _FIELD.findall(body):
        shape, type_ = "list" if label == "repeated" else "", written
        if written.startswith("map<"):
            shape, type_ = "map", written[4:-1].split(",")[1].strip()
        elif number in inline:
            shape = "inline"
        out[number] = [name, resolved(type_, package), shape, number in omitted]
    return out


def resolved(type_: str, package: str) -> str:
    if type_ in _SCALARS:
        return type_
    if "." not in type_:
        return f"{package}.{type_}"
    path, _, name = type_.lstrip(".").rpartition(".")
    parts = path.removeprefix("k8s.io.apimachinery.pkg.apis.").removeprefix("k8s.io.apimachinery.pkg.")
    parts = parts.removeprefix("k8s.io.api.")
    return f"{parts.replace('.', '/')}.{name}"


def reachable(table: Table) -> Table:
    """The messages that the roots need. Raises KeyError for one that no file declares."""
    kept: Table = {}
    waiting = list(ROOTS)
    while waiting:
        name = waiting.pop()
        if name in kept or name in _SCALARS:
            continue
        kept[name] = table[name]
        waiting += [str(field[1]) for field in table[name].values()]
    return kept


def main() -> int:
    options = argparse.ArgumentParser(description="Makes the table of protobuf field numbers.")
    options.add_argument("--check", action="store_true", help="change nothing; fail where the file is not current")
    check = options.parse_args().check
    table, sources = read()
    text = json.dumps({"messages": reachable(table), "sources": sources}, sort_keys=True, separators=(",", ":")) + "\n"
    if OUT.exists() and OUT.read_text() == text:
        return 0
    print(f"{'not current' if check else 'wrote'}: {OUT.name} ({len(text):,} bytes)")
    if not check:
        OUT.write_text(text)
    return 1 if check else 0


if __name__ == "__main__":
    sys.exit(main())

"""Makes minikf/tools/images.json: the node images of kind and k3d, with digests where a source says one.

    python -m scripts.make_node_images SOURCES [--check]

kind's default image and what k3d 5 takes by default are read from their Go modules, which `go mod download` fetches
and the checksum database verifies. Digests of other images are read from files of public repositories, in SOURCES as
scripts.make_tool_table says. k3d's module holds no release's default: the tag is put in when a release is built, and a
build without that says `fallback`, which is why MiniKF always names the image. --check only says whether the file is
current.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path

from scripts.make_tool_table import TOOLS, Source, text_of

OUT = Path(__file__).resolve().parent.parent / "minikf" / "tools" / "images.json"
KIND = ("sigs.k8s.io/kind", "v" + TOOLS["kind"]["version"])
K3D = ("github.com/k3d-io/k3d/v5", "v" + TOOLS["k3d"]["version"])
_DIGEST = r"@sha256:[0-9a-f]{64}"

SOURCES = (
    # The images that kind's release notes name for v0.33.0, as this file repeats them.
    Source("kind", "Flou21/hephaisto", "0c1a0d19d873e921e0696c946f80d6bb7cff890a", "scripts/e2e/lib/common.sh"),
    Source("kind", "adeavid/confidential-ml-distribution", "773ba8b0cbf31951b623cb1fe2f6dbe50baf94fc", "k8s/kind.yaml"),
    Source("k3d", "thomasdevving/clavure", "7d3a0fbe470a0c61273c41369e920988a99660bd", "clavure/runtime/cluster.py"),
)


def module_file(module: tuple[str, str], path: str) -> tuple[str, str]:
    """A file of a Go module and how to name it as a source. Raises CalledProcessError with Go's own words."""
    command = ["go", "mod", "download", "-json", "@".join(module)]
    found = json.loads(subprocess.run(command, capture_output=True, check=True, cwd="/").stdout)
    return (Path(found["Dir"]) / path).read_text(), f"Go module {'@'.join(module)} {found['Sum']}: {path}"


def constant(text: str, name: str) -> str:
    """A string that Go source gives a name. Raises SystemExit where it does not."""
    found = re.search(rf'\b{name} = "([^"]*)"', text)
    if found is None:
        raise SystemExit(f"no {name} in the module")
    return found[1]


def add(images: dict[str, dict[str, object]], image: str, source: str) -> None:
    """Adds an image by its Kubernetes version. Raises SystemExit where another source says another digest."""
    version = re.sub(r"-k3s\d+$", "", image.split("@", maxsplit=1)[0].split(":v")[1])
    row = images.setdefault(version, {"image": image, "sources": []})
    if row["image"] != image:
        raise SystemExit(f"the sources disagree: {row['image']}, {image}")
    sources = row["sources"]
    assert isinstance(sources, list)
    sources.append(source)


def table(folder: Path) -> dict[str, object]:
    """The whole table."""
    kind: dict[str, dict[str, object]] = {}
    k3s: dict[str, dict[str, object]] = {}
    text, source = module_file(KIND, "pkg/apis/config/defaults/image.go")
    default = constant(text, "Image")
    add(kind, default, source)
    for other in SOURCES:
        repository, images = ("kindest/node", kind) if other.tool == "kind" else ("rancher/k3s", k3s)
        for image in sorted(set(re.findall(rf"{repository}:v[\w.-]+{_DIGEST}", text_of(other, folder)))):
            add(images, image, other.url)
    fallback, fallback_source = module_file(K3D, "version/version.go")
    names, names_source = module_file(K3D, "pkg/types/images.go")
    helpers = [f"{constant(names, name)}:{K3D[1][1:]}" for name in ("DefaultLBImageRepo", "DefaultToolsImageRepo")]
    return {
        "kind": {"version": KIND[1][1:], "default": default, "images": kind},
        "k3d": {
            "version": K3D[1][1:],
            "repository": constant(names, "DefaultK3sImageRepo"),
            "fallback": constant(fallback, "K3sVersion"),
            "helpers": helpers,
            "sources": [fallback_source, names_source],
            "images": k3s,
        },
    }


def main(arguments: list[str] | None = None) -> int:
    """Writes the table, or with --check says whether it is current; exit code 8 where it is not."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("sources", type=Path)
    parser.add_argument("--check", action="store_true")
    asked = parser.parse_args(arguments)
    text = json.dumps(table(asked.sources), indent=1) + "\n"
    if asked.check:
        current = OUT.exists() and OUT.read_text() == text
        print(f"{OUT.name} is {'' if current else 'not '}current")
        return 0 if current else 8
    OUT.write_text(text)
    print(f"{OUT}: {len(re.findall(_DIGEST, text))} digests")
    return 0


if __name__ == "__main__":
    sys.exit(main())

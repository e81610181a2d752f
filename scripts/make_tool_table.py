"""Makes minikf/tools/releases.json: where kind, k3d, kubectl and helm are released and the sha256 of each file.

    python -m scripts.make_tool_table SOURCES [--check]

SOURCES holds one folder per repository, SOURCES/OWNER/NAME: a clone in which the commit named below exists, or a plain
folder with the file named below. No hash is written here: each is read from files of public repositories that published
it, and where several did they must agree. What no file says stays empty. --check only says whether the table is
current.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

OUT = Path(__file__).resolve().parent.parent / "minikf" / "tools" / "releases.json"
PLATFORMS = ("linux/amd64", "linux/arm64", "darwin/amd64", "darwin/arm64")

# `oldest` is the oldest that is taken from PATH. kind: its node images are built for one release of kind and promised
# for no older one. k3d: the minor release that the lab runs. kubectl: one minor version beside the server's, by
# Kubernetes' version skew policy; the servers here are 1.34. helm: the oldest that rendered a chart to the same objects
# as ours (docs/design/0032); it is released in an archive, and its hash is the archive's.
TOOLS: dict[str, dict[str, str]] = {
    "kind": {
        "version": "0.33.0",
        "oldest": "0.33.0",
        "url": "https://github.com/kubernetes-sigs/kind/releases/download/v{version}/kind-{os}-{arch}",
        "checksums": "{url}.sha256sum",
    },
    "k3d": {
        "version": "5.8.3",
        "oldest": "5.8.0",
        "url": "https://github.com/k3d-io/k3d/releases/download/v{version}/k3d-{os}-{arch}",
        "checksums": "https://github.com/k3d-io/k3d/releases/download/v{version}/checksums.txt",
    },
    "kubectl": {
        "version": "1.34.4",
        "oldest": "1.33.0",
        "url": "https://dl.k8s.io/release/v{version}/bin/{os}/{arch}/kubectl",
        "checksums": "{url}.sha256",
    },
    "helm": {
        "version": "4.2.4",
        "oldest": "3.18.4",
        "url": "https://get.helm.sh/helm-v{version}-{os}-{arch}.tar.gz",
        "checksums": "{url}.sha256sum",
        "member": "{os}-{arch}/helm",
    },
}

_HASH = r"([0-9a-f]{64})"
# A file's address, or the end of one, and the hash before the next address.
_AFTER_ADDRESS = r'{end}["\s](?:(?!https).){{0,120}}?\b' + _HASH


@dataclass(frozen=True)
class Source:
    """A file that says hashes of one tool. `pattern` finds one; `needs` is there only while it is for our version."""

    tool: str
    repository: str
    commit: str
    path: str
    pattern: str = _AFTER_ADDRESS
    needs: str = ""
    only: str = ""

    @property
    def url(self) -> str:
        return f"https://github.com/{self.repository}/blob/{self.commit}/{self.path}"


HERMIT = ("cashapp/hermit-packages", "f0517fd7532fc6adfd910cfba3ef2b4c59f662db")
CONFIDENTIAL = ("adeavid/confidential-ml-distribution", "aa736e653c0153a4c7edb8c5f2bdb96fd902fcfd")
SOURCES = (
    Source("k3d", *HERMIT, "k3d.hcl"),
    Source("k3d", "andrewrothstein/ansible-k3d", "90e121052d1e0286c18a91254eec80edfb81619d", "defaults/main.yml"),
    Source(
        "k3d",
        "epinio/epinio",
        "f84b932e866e442490cf134ef72e5d90adf8a01f",
        "scripts/tools/k3d.sh",
        pattern=r'^SHA256="' + _HASH,
        needs='VERSION="5.8.3"',
        only="linux/amd64",
    ),
    Source("kubectl", *HERMIT, "kubectl.hcl"),
    Source(
        "kubectl", "andrewrothstein/ansible-kubectl", "42c81aea7a98f675496598041f4865793ca4bf98", "defaults/main.yml"
    ),
    Source(
        "kubectl",
        "kubernetes-sigs/kubespray",
        "46dbdd3994b32640bcd806b0097f50e8fdf1d514",
        "roles/kubespray_defaults/vars/main/checksums.yml",
        pattern=r"^kubectl_checksums:\n(?: .*\n)*?  {arch}:\n(?:    .*\n)*?    {version}: sha256:" + _HASH,
        only="linux/",
    ),
    Source(
        "kind",
        "abd-ulbasit/upgradescope",
        "f195ba5190b439accba5fa74acf64f6041a2018e",
        "hack/install-tool.sh",
        pattern=r'"kind {os}/{arch}"\) echo ' + _HASH,
        needs="KIND_VERSION=v0.33.0\n",
    ),
    Source(
        "kind",
        "alexhaberl/VaultLink",
        "0bd64a6c226fcbe7cb5824066134035f02a36b3b",
        "tools/kubernetes-runtime-smoke.sh",
        pattern=r"^ *{arch}\) kind_sha=" + _HASH,
        needs="kind/releases/download/v0.33.0/kind-linux-$architecture",
        only="linux/",
    ),
    Source("kind", *CONFIDENTIAL, "docs/setup.md", only="darwin/arm64"),
    Source("helm", *HERMIT, "helm.hcl"),
    Source(
        "helm",
        "cert-manager/makefile-modules",
        "b90303374efd9a7837cc4ec2b73267d19836e6e0",
        "modules/tools/00_mod.mk",
        pattern=r"^helm_{os}_{arch}_SHA256SUM=" + _HASH,
        needs="tools += helm=v4.2.4\n",
    ),
)


def text_of(source: Source, folder: Path) -> str:
    """The file as it was at the commit. Raises CalledProcessError or FileNotFoundError where SOURCES lacks it."""
    place = folder / source.repository
    if (place / ".git").exists() or (place / "objects").exists():
        show = ["git", "-C", str(place), "show", f"{source.commit}:{source.path}"]
        return subprocess.run(show, capture_output=True, text=True, check=True).stdout
    return (place / source.path).read_text()


def hash_in(text: str, source: Source, platform: str, version: str, url: str) -> str:
    """The hash that a source says for a file, or "" where it says none."""
    if not platform.startswith(source.only) or source.needs not in text:
        return ""
    system, arch = platform.split("/")
    end = re.escape(url[url.index(f"v{version}") :])
    pattern = source.pattern.replace("{{", "{").replace("}}", "}") if "{end}" in source.pattern else source.pattern
    for name, value in (("end", end), ("os", system), ("arch", arch), ("version", re.escape(version))):
        pattern = pattern.replace("{" + name + "}", value)
    found = set(re.findall(pattern, text, re.MULTILINE | re.DOTALL if "{end}" in source.pattern else re.MULTILINE))
    if len(found) > 1:
        raise SystemExit(f"{source.url} says {len(found)} hashes for {url}")
    return str(found.pop()) if found else ""


def table(folder: Path) -> dict[str, object]:
    """The whole table. Raises SystemExit where two sources disagree."""
    texts = {source: text_of(source, folder) for source in SOURCES}
    made: dict[str, object] = {}
    for name, tool in TOOLS.items():
        files = {}
        for platform in PLATFORMS:
            system, arch = platform.split("/")
            url = tool["url"].format(version=tool["version"], os=system, arch=arch)
            said: dict[str, list[str]] = {}
            for source in (source for source in SOURCES if source.tool == name):
                found = hash_in(texts[source], source, platform, tool["version"], url)
                if found:
                    said.setdefault(found, []).append(source.url)
            if len(said) > 1:
                raise SystemExit(f"the sources disagree about {url}: {said}")
            sha256, sources = next(iter(said.items()), ("", []))
            checksums = tool["checksums"].format(url=url, version=tool["version"])
            files[platform] = {"url": url, "sha256": sha256, "sources": sources, "checksums": checksums}
            if "member" in tool:
                files[platform]["member"] = tool["member"].format(os=system, arch=arch)
        made[name] = {"version": tool["version"], "oldest": tool["oldest"], "files": files}
    return made


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
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(text)
    print(f"{OUT}: {text.count('sources')} files, {len(re.findall(_HASH, text))} hashes")
    return 0


if __name__ == "__main__":
    sys.exit(main())

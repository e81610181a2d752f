"""Which files the user's kubeconfig is made of, and what is in them."""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass, replace
from pathlib import Path

from minikf.errors import Refused
from minikf.kube.contexts import Config, Context, chosen, named, parse
from minikf.paths import PlatformPaths

# Nobody has so large a kubeconfig: it is another file, and reading it as YAML would take minutes.
MOST_BYTES = 16 * 1024 * 1024

_ORIGIN = "minikf: the file it is from"


def paths_of(typed: str = "") -> tuple[Path, ...]:
    """The file that was named, or several as in KUBECONFIG, else those of KUBECONFIG, else ~/.kube/config.

    They need not be there. The platforms' own files are left out of KUBECONFIG, where `minikf env` has put one: they
    are not the user's.
    """
    if typed:
        return tuple(_listed(typed))
    listed = _listed(os.environ.get("KUBECONFIG", ""))
    theirs = tuple(path for path in listed if not is_ours(path))
    return theirs or (Path("~/.kube/config").expanduser(),)


def _listed(text: str) -> list[Path]:
    return [Path(one).expanduser().absolute() for one in text.split(os.pathsep) if one]


def is_ours(path: Path) -> bool:
    """Whether it is the own kubeconfig of one of this home's platforms."""
    platforms = PlatformPaths.of().config.parent
    return path.name == "kubeconfig" and path.absolute().parent.parent == platforms


def read(path: Path) -> str:
    """A file's text. Raises Refused where it cannot be read or is none; FileNotFoundError where it is not there."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise Refused(f"{path} is no kubeconfig", cause=f"it is larger than {MOST_BYTES:,} bytes")
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise
    except (OSError, UnicodeDecodeError) as error:
        cause = error.strerror if isinstance(error, OSError) else "it is no text"
        raise Refused(f"{path} cannot be read", cause=str(cause), advice=f"ls -l '{path}'") from error


@dataclass(frozen=True)
class Found:
    """A context and the files that it was put together from, as in KUBECONFIG."""

    context: Context
    files: str


def find(name: str, typed: str = "") -> Found:
    """The context of that name, "" for the current one, complete: it needs no other file than programs it runs.

    The files are put together as kubectl does it: the first that says something wins. Raises Refused where no file is
    there, one is damaged, or the context leads nowhere.
    """
    paths, texts = paths_of(typed), dict[Path, str]()
    for path in paths:
        try:
            texts[path] = read(path)
        except FileNotFoundError:
            continue
    if not texts:
        where = ", ".join(map(str, paths))
        raise Refused("there is no kubeconfig", cause=f"{where} does not exist", advice="minikf up --kubeconfig FILE")
    merged: Config = {"clusters": [], "users": [], "contexts": []}
    for path, text in texts.items():
        _add(merged, parse(text, str(path)), path)
    context = chosen(merged, name)
    return Found(_complete(context), os.pathsep.join(_origins(merged, context.name)))


def _add(merged: Config, config: Config, path: Path) -> None:
    """Adds what is not there yet; paths in it become absolute, since they are of the file that they stand in."""
    merged["current-context"] = merged.get("current-context") or config.get("current-context")
    for kind, inner in (("clusters", "cluster"), ("users", "user"), ("contexts", "context")):
        known = {one["name"] for one in merged[kind]}
        for entry in config.get(kind) or ():
            if entry["name"] not in known:
                fields = _absolute(dict(entry.get(inner) or {}), path.parent)
                merged[kind].append({**entry, inner: fields, _ORIGIN: str(path)})


def _origins(merged: Config, name: str) -> list[str]:
    """The files that the context of that name and what it names were found in."""
    context = named(merged, "contexts", name) or {}
    inner = context.get("context") or {}
    entries = (context, named(merged, "clusters", inner.get("cluster")), named(merged, "users", inner.get("user")))
    return list(dict.fromkeys(entry[_ORIGIN] for entry in entries if entry))


def _absolute(fields: Config, folder: Path) -> Config:
    """Fields as in clientcmd's `ResolveLocalPaths`; a plugin without a slash is looked for on the PATH."""
    for key in ("certificate-authority", "client-certificate", "client-key", "tokenFile"):
        if fields.get(key):
            fields[key] = str(folder / Path(str(fields[key])).expanduser())
    plugin = fields.get("exec")
    if isinstance(plugin, dict) and "/" in str(plugin.get("command", "")):
        fields["exec"] = {**plugin, "command": os.path.normpath(folder / str(plugin["command"]))}
    return fields


def _complete(context: Context) -> Context:
    """With certificates and keys inside. A tokenFile stays a file: somebody renews what is in it."""
    cluster, user = dict(context.cluster), dict(context.user)
    for fields, keys in ((cluster, ("certificate-authority",)), (user, ("client-certificate", "client-key"))):
        for key in keys:
            file = fields.pop(key, None)
            if file and not fields.get(f"{key}-data"):
                fields[f"{key}-data"] = base64.b64encode(_bytes(Path(str(file)), context, key)).decode()
    return replace(context, cluster=cluster, user=user)


def _bytes(file: Path, context: Context, key: str) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise Refused(
            f"{key} of the context '{context.name}' cannot be read",
            cause=f"{file}: {error.strerror}",
            advice="kubectl config view",
        ) from error

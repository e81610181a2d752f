"""From a model artifact's uri to stored content, and what the artifact says about it.

Content is stored for `file://` uris, plain absolute paths and `pvc://CLAIM/PATH` (KServe's form). What is stored, or
why nothing is, stands in custom properties that only the registry writes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from minikf.blobs import Blob, BlobStore, NotStorable
from minikf.embedded.registry.values import Property

SHA256 = "minikf.sha256"
SIZE = "minikf.size"
CONTENT = "minikf.content"  # file, folder or not stored
FILENAME = "minikf.filename"
WARNING = "minikf.warning"
NAMESPACE = "minikf.namespace"  # set by clients: whose claim a pvc:// uri means
TRAINJOB = "minikf.trainjob"  # set by clients: NAMESPACE/NAME of the TrainJob that made the model
RUN = "minikf.run"  # set by clients: the pipeline run that made it
DATA = "minikf.data"  # set by clients: the data set that it has learned from
OWNED = frozenset({SHA256, SIZE, CONTENT, FILENAME, WARNING})

Properties = Mapping[str, Property]


@dataclass(frozen=True)
class Content:
    """What is known about the content of a uri: what was stored, or why it was not. Neither: it lies elsewhere."""

    blob: Blob | None = None
    filename: str = ""
    warning: str = ""

    def properties(self) -> dict[str, Property]:
        """The custom properties that say it."""
        if self.blob is not None:
            return {
                SHA256: _text(self.blob.sha256),
                # A double: the API's integers end at nine digits.
                SIZE: {"double_value": self.blob.size, "metadataType": "MetadataDoubleValue"},
                CONTENT: _text("folder" if self.blob.is_folder else "file"),
                FILENAME: _text(self.filename),
            }
        if self.warning:
            return {CONTENT: _text("not stored"), WARNING: _text(self.warning)}
        return {}


def stored(properties: Properties) -> Content:
    """The content that an artifact's properties tell of."""
    sha256 = _value(properties, SHA256)
    if not sha256:
        return Content(warning=_value(properties, WARNING))
    kind = "tree-sha256" if _value(properties, CONTENT) == "folder" else "sha256"
    size = int(properties[SIZE]["double_value"])
    return Content(Blob(f"{kind}:{sha256}", size), _value(properties, FILENAME))


def without_owned(properties: Properties) -> dict[str, Property]:
    return {name: value for name, value in properties.items() if name not in OWNED}


def ingest(uri: str, properties: Properties, blobs: BlobStore, volumes: Path) -> Content:
    """Stores what a local uri names; a uri that leads elsewhere is left to whoever serves it. May take long.

    A source that cannot be stored is no failure: the Content says why. Raises OSError where the store fails.
    """
    try:
        path = _local(uri, properties, volumes)
        if path is None:
            return Content()
        return Content(blobs.put(path), path.name)
    except NotStorable as error:
        cause = f": {error.cause}" if error.cause else ""
        return Content(warning=f"the content of {uri} is not stored: {error.message}{cause}")


def _local(uri: str, properties: Properties, volumes: Path) -> Path | None:
    if uri.startswith("/"):
        return Path(uri)
    if uri.startswith("file:"):
        return _file(uri)
    if uri.startswith("pvc:"):
        return _in_volume(uri, properties, volumes)
    return None


def _file(uri: str) -> Path:
    host, slash, rest = uri.removeprefix("file:").removeprefix("//").partition("/")
    if not slash or host not in ("", "localhost"):
        raise NotStorable(f"{uri} is no file uri of this machine", cause="write it as file:///absolute/path")
    written, meant = Path(f"/{rest}"), Path(unquote(f"/{rest}"))
    # Many programs write "file://" before a path and leave its spaces and percent signs as they are.
    return meant if _exists(meant) or not _exists(written) else written


def _in_volume(uri: str, properties: Properties, volumes: Path) -> Path:
    parts = urlsplit(uri)
    claim, inner = unquote(parts.netloc), unquote(parts.path).strip("/")
    if not claim or claim.startswith(".") or "/" in claim:
        raise NotStorable(f"{uri} names no claim", cause="write it as pvc://CLAIM/PATH")
    root = volumes / _namespace(claim, properties, volumes) / claim
    path = root / inner
    try:
        inside = path.resolve().is_relative_to(root.resolve())
    except (OSError, ValueError, RuntimeError) as error:  # RuntimeError: links that lead in a circle
        raise NotStorable(f"{uri} is no path in a volume", cause=str(error)) from error
    if not inside:
        raise NotStorable(f"{uri} leads out of its volume", cause=f"{path} is not in {root}")
    return path


def _namespace(claim: str, properties: Properties, volumes: Path) -> str:
    """The namespace of the claim: the one that the properties name, else the only one that has such a claim."""
    named = _value(properties, NAMESPACE) or _value(properties, TRAINJOB).partition("/")[0]
    if named and not named.startswith(".") and "/" not in named:
        return named
    found = sorted(folder.parent.name for folder in volumes.glob(f"*/{_literal(claim)}"))
    if len(found) == 1:
        return found[0]
    if not found:
        raise NotStorable(f"there is no volume of a claim '{claim}'", cause=f"none lies in {volumes}")
    where = ", ".join(found)
    raise NotStorable(f"claims named '{claim}' exist in {where}", cause=f"set the custom property {NAMESPACE}")


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a NUL, a name that is too long
        return False


def _literal(text: str) -> str:
    return "".join(f"[{character}]" if character in "*?[" else character for character in text)


def _value(properties: Properties, name: str) -> str:
    return str(properties.get(name, {}).get("string_value", ""))


def _text(value: str) -> Property:
    return {"string_value": value, "metadataType": "MetadataStringValue"}

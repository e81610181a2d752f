"""What a storageUri says."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from minikf.embedded.storage.errors import FetchFailed

FILE, PVC, HTTP, REGISTRY = "file", "pvc", "http", "model-registry"
_CHECKSUM = re.compile(r"#sha256=([0-9a-fA-F]{64})$")
_QUERY_CHECKSUM = re.compile(r"[?&]sha256=([0-9a-fA-F]{64})(?:&|$)")
_HEX64 = re.compile(r"[0-9a-fA-F]{64}")

# Schemes of KServe's storage initializer (python/storage/kserve_storage) that need a client or a cluster's credentials,
# with what to do instead.
_ELSEWHERE = {
    "s3": "download the model with your S3 client and use file:///folder, or give an https:// address of it",
    "gs": "download the model with `gcloud storage cp` and use file:///folder, or give its https:// address",
    "hdfs": "copy the model with `hdfs dfs -get` and use file:///folder",
    "webhdfs": "copy the model with `hdfs dfs -get` and use file:///folder",
    "hf": "download the model with `hf download` and use file:///folder",
    "ms": "download the model with `modelscope download` and use file:///folder",
    "azure": "download the model with `az storage blob download` and use file:///folder",
    "oci": "copy the model out of its image and use file:///folder",
    "git": "clone the repository and use file:///folder",
}


@dataclass(frozen=True)
class ModelUri:
    """`scheme` is file, pvc, http or model-registry; `path` is what follows, decoded, or the whole address for http.

    `claim` is the PersistentVolumeClaim of a pvc uri. `sha256` is the demanded checksum in lower-case hex, or "".
    """

    scheme: str
    path: str
    claim: str = ""
    sha256: str = ""


def parse_uri(text: str, sha256: str = "") -> ModelUri:
    """Reads a storageUri. `sha256` is a checksum demanded elsewhere (an annotation); the uri's own must agree with it.

    The checksum stands in the fragment, `...#sha256=HEX`, or for http in the query as well. Raises FetchFailed.
    """
    uri, wanted = _without_checksum(text, sha256)
    scheme = uri.partition(":")[0].lower() if ":" in uri else ""
    if uri.startswith("/"):
        return ModelUri(FILE, uri, sha256=wanted)
    if scheme == "file":
        return ModelUri(FILE, _file_path(uri), sha256=wanted)
    if scheme == "pvc":
        claim, path = _claim_path(uri)
        return ModelUri(PVC, path, claim, wanted)
    if scheme in ("http", "https"):
        return _http(uri, wanted)
    if scheme == "model-registry":
        return ModelUri(REGISTRY, uri, sha256=wanted)
    raise _unsupported(text, scheme)


def _without_checksum(text: str, sha256: str) -> tuple[str, str]:
    sha256 = sha256.removeprefix("sha256:").lower()
    if sha256 and not _HEX64.fullmatch(sha256):
        raise FetchFailed(
            f"'{sha256}' is no SHA-256 checksum",
            cause="a checksum has 64 hexadecimal digits",
            advice="sha256sum MODEL_FILE",
        )
    match = _CHECKSUM.search(text)
    if match is None:
        return text, sha256
    own = match[1].lower()
    if sha256 and sha256 != own:
        raise FetchFailed(
            f"two checksums are demanded of {text[: match.start()]}",
            cause=f"the address says {own}, the annotation {sha256}",
            advice="remove one of them",
        )
    return text[: match.start()], own


def _file_path(uri: str) -> str:
    host, slash, rest = uri[len("file:") :].removeprefix("//").partition("/")
    if not slash or host not in ("", "localhost"):
        raise FetchFailed(f"'{uri}' names no file of this machine", advice="write it as file:///absolute/path")
    return f"/{rest}"


def _claim_path(uri: str) -> tuple[str, str]:
    parts = urlsplit(uri)
    claim, path = unquote(parts.netloc), unquote(parts.path).strip("/")
    if not claim or claim.startswith(".") or "/" in claim or "\0" in claim:
        raise FetchFailed(f"'{uri}' names no PersistentVolumeClaim", advice="write it as pvc://CLAIM/PATH")
    return claim, path


def _http(uri: str, sha256: str) -> ModelUri:
    try:
        parts = urlsplit(uri)
        if not parts.hostname or parts.port == 0:
            raise ValueError("it has no host")
    except ValueError as error:
        raise FetchFailed(f"'{uri}' is no web address", cause=str(error)) from error
    match = _QUERY_CHECKSUM.search(uri)
    return ModelUri(HTTP, uri.partition("#")[0], sha256=sha256 or (match[1].lower() if match else ""))


def _unsupported(uri: str, scheme: str) -> FetchFailed:
    if not scheme:
        return FetchFailed(
            f"'{uri}' is no storageUri",
            cause="it has no scheme",
            advice="use file:///absolute/path, pvc://CLAIM/PATH, https://HOST/PATH or model-registry://NAME/VERSION",
        )
    return FetchFailed(
        f"the embedded engine cannot fetch models by {scheme}://",
        cause="it has clients for file, pvc, http, https and model-registry only",
        advice=_ELSEWHERE.get(scheme, "use file:///absolute/path, pvc://CLAIM/PATH or https://HOST/PATH")
        + "; on a cluster the address works as it is",
    )

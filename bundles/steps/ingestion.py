"""Steps that bring data in: which version is the newest, and its table as a Dataset."""

from kfp import dsl
from kfp.dsl import Dataset, Output

from minikf.bundles.steps.reading import read_table


@dsl.component(base_image="python:3.11")
def resolve_dataset(reference: str) -> str:
    """Says which version a reference means now: its URI, which names the same bytes for ever.

    Switch caching off for this step (`set_caching_options(False)`): the newest version changes. What comes after it
    may be cached, since the URI changes with the content.

    Args:
        reference: NAME, NAME@v3, NAME@latest or dataset://NAME@... as `minikf data add` printed it.

    Returns:
        dataset://NAME@sha256:HEX
    """
    from minikf import datasets
    from minikf.errors import MinikfError

    try:
        return str(datasets.store().resolve(reference).uri)
    except MinikfError as error:
        told = " - ".join(part for part in (error.message, error.cause, error.advice) if part)
        raise ValueError(f"{reference} cannot be resolved: {told}") from error


@dsl.component(base_image="python:3.11", packages_to_install=["pandas"], additional_funcs=[read_table])
def ingest(uri: str, data: Output[Dataset], file: str = "", sha256: str = "") -> int:
    """Brings a table into the pipeline, verified: the CSV file of a data set's version, or one at an https address.

    Metadata of `data`: uri, sha256 (of the file as it came), rows, columns; of a version also dataset and version.
    On a cluster, where there is no `minikf data`, give an https address and the file's SHA-256.

    Args:
        uri: dataset://NAME@sha256:HEX (another reference works, and makes the step's cache blind), or https://...
        data: The table, CSV with a header.
        file: Which file of the version; may be left out where it has one CSV file only.
        sha256: Demanded of a file at an https address; 64 hexadecimal digits.

    Returns:
        The number of rows.
    """
    import hashlib
    import http.client
    import re
    import shutil
    import ssl
    import tempfile
    import urllib.error
    import urllib.request
    from pathlib import Path

    def digest_of(path: Path) -> str:
        hasher = hashlib.sha256()
        with path.open("rb") as opened:
            while chunk := opened.read(1 << 20):
                hasher.update(chunk)
        return hasher.hexdigest()

    target = Path(data.path)
    target.parent.mkdir(parents=True, exist_ok=True)
    data.metadata["uri"] = uri
    if uri.startswith("https://"):
        if sha256 and not re.fullmatch("[0-9a-fA-F]{64}", sha256):
            raise ValueError(f"`sha256` is {sha256!r}; it has 64 hexadecimal digits, as sha256sum prints them")
        try:
            with urllib.request.urlopen(uri, timeout=60) as answer, target.open("wb") as out:
                shutil.copyfileobj(answer, out)
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{uri} cannot be ingested: it answered {error.code} {error.reason}") from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            why = getattr(error, "reason", error)
            trust = (
                "; give its CA's file to this step: .set_env_variable('SSL_CERT_FILE', PATH)"
                if isinstance(why, ssl.SSLCertVerificationError)
                else "; check the address, and whether this machine reaches it"
            )
            raise RuntimeError(f"{uri} cannot be ingested: {why}{trust}") from error
        if not sha256:
            raise ValueError(f"{uri} has the SHA-256 {digest_of(target)}: look at the file, then give it as `sha256`")
        if digest_of(target) != sha256.lower():
            raise ValueError(
                f"{uri} has the SHA-256 {digest_of(target)}, demanded is {sha256}: the file has changed; look at "
                "it, then give its new `sha256`"
            )
    elif "://" in uri and not uri.startswith("dataset://"):
        raise ValueError(f"{uri} cannot be ingested: this step reads dataset:// and https:// addresses")
    else:
        from minikf import datasets
        from minikf.errors import MinikfError

        store = datasets.store()
        try:
            version = store.resolve(uri)
        except MinikfError as error:
            told = " - ".join(part for part in (error.message, error.cause, error.advice) if part)
            raise ValueError(f"{uri} cannot be ingested: {told}") from error
        tables = [
            name for name in store.manifest(version).files if name == file or (not file and name.endswith(".csv"))
        ]
        if len(tables) != 1:
            what = f"no file {file}" if file else f"{len(tables)} CSV files; say which by `file`"
            raise ValueError(f"{version.name}@{version.label} has {what}: {sorted(store.manifest(version).files)}")
        with tempfile.TemporaryDirectory(dir=target.parent) as folder:
            store.checkout(str(version.uri), Path(folder) / "version", writable=True)
            shutil.move(Path(folder) / "version" / tables[0], target)
        data.metadata.update({"uri": str(version.uri), "dataset": version.name, "version": version.label})
    frame = read_table(data, f"the file of {uri}", rows=0)
    data.metadata.update({"sha256": digest_of(target), "rows": len(frame), "columns": [str(c) for c in frame.columns]})
    print(f"{len(frame)} rows, {len(frame.columns)} columns from {data.metadata['uri']}")
    return len(frame)

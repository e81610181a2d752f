"""References of images, challenges of registries, and manifests: what is read, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from minikf.bundle.registry.challenge import Challenge, bearer
from minikf.bundle.registry.errors import NoReference, NotAnImage
from minikf.bundle.registry.manifests import Entry, Index, OneImage, platform_of, read
from minikf.bundle.registry.reference import Reference, parse
from tests.unit.bundle.registries import (
    DOCKER_CONFIG,
    INDEX,
    LIST,
    MANIFEST,
    SCHEMA2,
    entry,
    index,
    manifest,
    sha256,
    text,
)

SHA = "sha256:" + "ab" * 32
CONFIG = text({"os": "linux", "architecture": "arm64", "variant": "v8"})


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("nginx", Reference("docker.io", "library/nginx", "latest")),
        ("nginx:1.27", Reference("docker.io", "library/nginx", "1.27")),
        ("index.docker.io/nginx", Reference("docker.io", "library/nginx", "latest")),
        ("kserve/agent:v1", Reference("docker.io", "kserve/agent", "v1")),
        ("localhost/mine", Reference("localhost", "mine", "latest")),
        ("localhost:5000/mine:a", Reference("localhost:5000", "mine", "a")),
        ("[::1]:5000/mine", Reference("[::1]:5000", "mine", "latest")),
        ("reg:5000/a/b", Reference("reg:5000", "a/b", "latest")),
        ("ghcr.io/a/b__c/d--e:V_1.2-x", Reference("ghcr.io", "a/b__c/d--e", "V_1.2-x")),
        (f"ghcr.io/a/b@{SHA}", Reference("ghcr.io", "a/b", "", SHA)),
        (f"ghcr.io/a/b:v1@{SHA}", Reference("ghcr.io", "a/b", "v1", SHA)),
    ],
)
def test_a_reference_is_taken_apart(words: str, expected: Reference) -> None:
    assert parse(words) == expected
    assert parse(str(expected)) == expected


@pytest.mark.parametrize(
    "words",
    [
        "",
        ":tag",
        "UPPER/case",
        "ghcr.io/a/b:",
        "ghcr.io/a/b@",
        "ghcr.io//b",
        "ghcr.io/a/../b",
        "ghcr.io/a/b:v1/x?y",
        "ghcr.io/a/b:tag with space",
        "ghcr.io/a/b@sha256:12",
        f"ghcr.io/a/b@{SHA.upper()}",
        f"ghcr.io/a/b@{SHA}@{SHA}",
        "me:secret@ghcr.io/a/b",
        "ghcr.io:port/a",
        "ghcr.io/a\nb",
        "${REGISTRY}/image:v1",
        "ghcr.io/" + "a/" * 200 + "b",
        "ghcr.io/a:" + "t" * 129,
        "a-" * 50_000,
    ],
)
def test_what_is_no_reference_is_refused(words: str) -> None:
    with pytest.raises(NoReference) as raised:
        parse(words)
    assert len(raised.value.message) < 400 and "\n" not in raised.value.message


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (
            'Bearer realm="https://auth.example/token",service="reg.example"',
            ("https://auth.example/token", 1),
        ),
        ('bearer service="x", scope="repository:a:pull,push", realm="https://a/t?x=1"', ("https://a/t?x=1", 1)),
        ('Basic realm="a", Bearer realm="https://a/token"', ("https://a/token", 0)),
        ("Bearer realm=https://a/token", ("https://a/token", 0)),
    ],
)
def test_a_challenge_is_read(header: str, expected: tuple[str, int]) -> None:
    found = bearer(header)
    assert found is not None and (found.realm, bool(found.service)) == (expected[0], bool(expected[1]))


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        'Basic realm="x"',
        'Bearer service="x"',
        "Bearer realm=",
        'Bearer realm="' + "x" * 9000 + '"',
        "=,;",
    ],
)
def test_what_is_no_challenge_is_none(header: str) -> None:
    assert bearer(header) is None


def test_a_challenge_is_one_of_many_questions() -> None:
    assert bearer('Bearer realm="https://a"') == Challenge("https://a")


def test_an_image_has_the_bytes_of_its_configuration_and_layers() -> None:
    for kind, of in ((MANIFEST, "application/vnd.oci.image.config.v1+json"), (SCHEMA2, DOCKER_CONFIG)):
        body = manifest(CONFIG, (100, 20), kind, of)
        assert read(body, kind) == OneImage(sha256(CONFIG), len(CONFIG) + 120)
    data = json.loads(manifest(CONFIG))
    data["layers"] *= 2  # the same layer twice is pulled once
    del data["mediaType"]
    assert read(text(data), MANIFEST) == OneImage(sha256(CONFIG), len(CONFIG) + 120)


def test_an_index_names_platforms_and_no_attestations() -> None:
    entries = [
        entry(SHA, "linux/amd64"),
        entry(SHA, "linux/arm64/v8"),
        entry(SHA, "linux/arm"),
        entry(SHA, "linux/arm/v6"),
        entry(SHA, "unknown/unknown"),
        entry(SHA, "linux/amd64", annotations={"vnd.docker.reference.type": "attestation-manifest"}),
        entry(SHA, "", kind="application/vnd.example.sbom"),
        entry(SHA, ""),
    ]
    names = ["linux/amd64", "linux/arm64", "linux/arm/v7", "linux/arm/v6", ""]
    for kind in (INDEX, LIST):
        assert read(index(entries, kind), kind) == Index(tuple(Entry(SHA, name) for name in names))


def test_a_configuration_names_a_platform() -> None:
    assert platform_of(CONFIG) == "linux/arm64"
    for config in (b"{}", b"[]", b"", b'{"os": "linux"}', text({"os": "unknown", "architecture": "unknown"})):
        with pytest.raises(NotAnImage):
            platform_of(config)


def changed(**fields: Any) -> bytes:
    return text(json.loads(manifest(CONFIG)) | fields)


@pytest.mark.parametrize(
    ("body", "cause"),
    [
        (b"", "no JSON"),
        (b"\xff\xfe", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b'{"schemaVersion": ' + b"1" * 5000 + b"}", "no JSON"),
        (b"[]", "is no object"),
        (b"{}", "neither an index nor a manifest"),
        (text({"schemaVersion": 1, "fsLayers": []}), "neither an index nor a manifest"),
        (text({"mediaType": ["x"], "layers": []}), "neither an index nor a manifest"),
        (changed(config=7), "is no object"),
        (changed(config={"mediaType": "application/vnd.cncf.helm.config.v1+json"}), "something else"),
        (changed(layers={}), "'layers' is no list"),
        (changed(layers=[7]), "is no object"),
        (changed(layers=[{"digest": SHA}]), "without a size"),
        (changed(layers=[{"digest": SHA, "size": -1}]), "without a size"),
        (changed(layers=[{"digest": SHA, "size": True}]), "without a size"),
        (changed(layers=[{"digest": SHA, "size": 1 << 63}]), "without a size"),
        (changed(layers=[{"digest": "sha512:" + "0" * 128, "size": 1}]), "without a sha256"),
        (changed(layers=[{"digest": "../../etc/passwd", "size": 1}]), "without a sha256"),
        (index([]), "an index of nothing"),
        (index([entry(SHA, "unknown/unknown")]), "an index of nothing"),
        (index([entry(SHA, "linux/amd64", kind=INDEX)]), "an index of indexes"),
        (index([entry(SHA, "linux/\x1b[31m")]), "has no name"),
        (index([entry("latest", "linux/amd64")]), "without a sha256"),
        (text({"mediaType": INDEX, "manifests": 7}), "'manifests' is no list"),
        (text({"mediaType": INDEX, "manifests": [{"platform": "linux"}]}), "is no object"),
    ],
)
def test_what_is_no_image_is_refused(body: bytes, cause: str) -> None:
    with pytest.raises(NotAnImage) as raised:
        read(body, "")
    assert cause in raised.value.cause

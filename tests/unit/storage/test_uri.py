"""What storageUris are read as, and which are refused with what advice."""

from __future__ import annotations

import pytest

from minikf.embedded.storage import FetchFailed, ModelUri, parse_uri

SUM = "a" * 64


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("file:///models/a b", ModelUri("file", "/models/a b")),
        ("file://localhost/models/a", ModelUri("file", "/models/a")),
        ("/models/a#1", ModelUri("file", "/models/a#1")),
        (f"file:///m#sha256={SUM.upper()}", ModelUri("file", "/m", sha256=SUM)),
        ("pvc://claim/a/b%20c", ModelUri("pvc", "a/b c", "claim")),
        ("pvc://claim", ModelUri("pvc", "", "claim")),
        ("https://h/m.joblib?x=1", ModelUri("http", "https://h/m.joblib?x=1")),
        (f"https://h/m.joblib?x=1&sha256={SUM}", ModelUri("http", f"https://h/m.joblib?x=1&sha256={SUM}", sha256=SUM)),
        (f"http://h:81/m#sha256={SUM}", ModelUri("http", "http://h:81/m", sha256=SUM)),
        ("model-registry://digits/v1", ModelUri("model-registry", "model-registry://digits/v1")),
    ],
)
def test_reads(text: str, expected: ModelUri) -> None:
    assert parse_uri(text) == expected


@pytest.mark.parametrize(
    ("text", "cause", "advice"),
    [
        ("s3://bucket/m", "file, pvc, http", "S3 client"),
        ("gs://bucket/m", "file, pvc, http", "gcloud storage cp"),
        ("hf://org/model", "file, pvc, http", "hf download"),
        ("nonsense://x", "file, pvc, http", "file:///absolute/path"),
        ("models/a", "no scheme", "file:///absolute/path"),
        ("", "no scheme", "file:///absolute/path"),
        ("file://server/share/m", "", "file:///absolute/path"),
        ("pvc:///path", "", "pvc://CLAIM/PATH"),
        ("pvc://..%2Fother/m", "", "pvc://CLAIM/PATH"),
        ("https://", "no host", ""),
        ("http://h:99999/m", "port", ""),
    ],
)
def test_refuses_and_says_what_would_work(text: str, cause: str, advice: str) -> None:
    with pytest.raises(FetchFailed) as caught:
        parse_uri(text)
    assert cause.lower() in caught.value.cause.lower()
    assert advice in caught.value.advice


def test_two_checksums_must_agree() -> None:
    assert parse_uri(f"file:///m#sha256={SUM}", f"sha256:{SUM}").sha256 == SUM
    with pytest.raises(FetchFailed, match="two checksums"):
        parse_uri(f"file:///m#sha256={SUM}", "b" * 64)
    with pytest.raises(FetchFailed, match="no SHA-256"):
        parse_uri("file:///m", "abc")

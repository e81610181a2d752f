"""A target's file: read strictly, written back the same, and never with a credential in it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from minikf.errors import Refused, UsageError
from minikf.promote.targets import shelf, yamlfile
from minikf.promote.targets.spec import SecretSource, TargetSpec

FULL = TargetSpec(
    "prod",
    context="arn:aws:eks:eu-west-1:1:cluster/prod",
    kubeconfig="/home/me/kube.yaml",
    namespace="ml",
    namespaces={"default": "ml", "team": "team-prod"},
    registry="registry.example.com:5000/team",
    pull_secrets=("pull",),
    store="s3://bucket/prefix",
    store_options={"region": "eu-west-1", "endpoint": "https://s3.example.com", "skip_signature": "true"},
    storage_classes={"local-path": "", "standard": "gp3"},
    service_accounts={"runner": "runner-prod"},
    identity={"eks.amazonaws.com/role-arn": "arn:aws:iam::1:role/ml"},
    secrets={
        "db": SecretSource("existing", "db-prod"),
        "api": SecretSource("external", "api", store="vault", key="ml/api"),
        "tls": SecretSource("sealed", "tls", file="sealed/tls.yaml"),
    },
    queue="gpu",
    gpu={"nvidia.com/gpu": "nvidia.com/gpu"},
    answers={"MODEL_URI_FRAUD": "s3://bucket/models/fraud", "SCRIPT": "one\ntwo"},
)
HEAD = "apiVersion: minikf/v1alpha1\nkind: PromotionTarget\nmetadata: {name: prod}\n"


def read(text: str) -> TargetSpec:
    return yamlfile.read(text.encode(), "prod.yaml")


def refused(text: str) -> str:
    """All that the refusal says."""
    with pytest.raises(Refused) as caught:
        read(text)
    error = caught.value
    return f"{error.message}\n{error.cause}\n{error.advice}"


def spec(body: str) -> str:
    return f"{HEAD}spec:\n  context: prod\n{body}"


def test_a_target_reads_back_as_it_was_written() -> None:
    text = yamlfile.text(FULL)
    assert read(text) == FULL
    assert set(yaml.safe_load(text)["spec"]) >= {"pullSecrets", "storeOptions", "storageClasses", "serviceAccounts"}
    assert read(yamlfile.text(TargetSpec("prod", platform="other"))) == TargetSpec("prod", platform="other")


@given(st.dictionaries(st.from_regex(r"[A-Z][A-Z0-9_]{0,8}", fullmatch=True), st.text(st.characters(codec="utf-8"))))
def test_any_answer_that_is_text_reads_back(answers: dict[str, str]) -> None:
    made = TargetSpec(
        "prod", context="c", answers={key: value for key, value in answers.items() if value.isprintable()}
    )
    assert read(yamlfile.text(made)) == made


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (HEAD, ["prod.yaml", "'spec' is missing"]),
        ("", ["prod.yaml", "empty"]),
        ("[]", ["prod.yaml", "mapping"]),
        ("a: [", ["prod.yaml", "no YAML"]),
        ("\x00", ["prod.yaml", "no YAML"]),
        (f"{HEAD}spec: {{context: a}}\n---\n{HEAD}", ["2 documents"]),
        (spec("").replace("v1alpha1", "v2"), ["apiVersion is 'minikf/v2'", "only minikf/v1alpha1"]),
        (spec("").replace("PromotionTarget", "Pod"), ["kind is 'Pod'", "only PromotionTarget"]),
        (spec("  regsitry: x\n"), ["line 6", "spec.regsitry", "registry"]),
        (spec("  store_options: {}\n"), ["spec.store_options", "storeOptions"]),
        (spec("  namespace: 5\n"), ["line 6", "spec.namespace has to be text", "a number", "quotes"]),
        (spec("  namespace: no\n"), ["spec.namespace", "true or false"]),
        (spec("  storeOptions: {region: 1}\n"), ["spec.storeOptions.region has to be text"]),
        (spec("  storeOptions: [a]\n"), ["spec.storeOptions has to be a mapping", "a list"]),
        (spec("  pullSecrets: a\n"), ["a list is wanted"]),
        (spec("  namespace: a\n  namespace: b\n"), ["'namespace' stands here twice"]),
        (spec("  secrets: {a: b}\n"), ["spec.secrets.a has to be a mapping"]),
        (spec("  secrets: {a: {name: b}}\n"), ["'spec.secrets.a.kind' is missing"]),
        (spec("  secrets: {a: {kind: copy, name: b}}\n"), ["kind is 'copy'", "existing, external, sealed"]),
        (spec("  secrets: {a: {kind: existing, value: b}}\n"), ["spec.secrets.a.value"]),
        (spec("  secrets: {a: {kind: external, name: b}}\n"), ["spec.secrets.a.store is missing"]),
        (spec("  secrets: {a: {kind: existing, name: b, file: c}}\n"), ["spec.secrets.a.file is of another kind"]),
        (spec("  namespace: Team_A\n"), ["spec.namespace has 'Team_A'", "a-z"]),
        (spec("  registry: https://r.example.com\n"), ["spec.registry is", "no scheme"]),
        (spec("  registry: r.example.com/team:latest\n"), ["spec.registry"]),
        (spec("  store: ftp://host/x\n"), ["spec.store has the scheme 'ftp'", "s3, gs, az, file"]),
        (spec("  store: file://host/x\n"), ["spec.store is no folder of this machine"]),
        (spec("  store: s3:///x\n"), ["spec.store names no bucket"]),
        (spec("  store: s3://b/x?a=b\n"), ["spec.store has a query"]),
        (spec("  answers: {model: x}\n"), ["spec.answers has 'model'"]),
        (spec("  platform: other\n"), ["both a context and a platform"]),
        (f"{HEAD}spec: {{}}\n", ["neither a context nor a platform", "get-contexts"]),
        (f"{HEAD}spec: {{platform: a, kubeconfig: b}}\n", ["spec.kubeconfig goes with a context only"]),
        (f"{HEAD}spec: &a {{context: x, <<: {{queue: y}}}}\n", ["merged mappings"]),
        (f"{HEAD}spec: {'[' * 500}\n", ["no YAML"]),
        (f"{HEAD}spec: !!python/object/apply:os.system ['true']\n", ["spec has to be a mapping"]),
        (spec("  1: x\n"), ["text"]),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_with_file_field_and_what_is_allowed(text: str, says: list[str]) -> None:
    said = refused(text)
    assert [word for word in says if word not in said] == [], said


def test_a_file_that_is_no_target_is_refused_by_its_size() -> None:
    assert "larger than" in refused(spec("  queue: q\n") + "#" * yamlfile.MOST_BYTES)


SECRET = "hunter2hunter2"


@pytest.mark.parametrize(
    "body",
    [
        f"  store: s3://me:{SECRET}@bucket/x\n",
        f"  registry: me:{SECRET}@registry.example.com\n",
        f"  storeOptions: {{endpoint: 'https://me:{SECRET}@s3.example.com'}}\n",
        f"  storeOptions: {{secret_access_key: {SECRET}}}\n",
        f"  storeOptions: {{aws_access_key_id: {SECRET}}}\n",
        f"  storeOptions: {{AZURE_STORAGE_ACCOUNT_KEY: {SECRET}}}\n",
        f"  storeOptions: {{sas_token: {SECRET}}}\n",
        f"  storeOptions: {{password: {SECRET}}}\n",
        f"  storeOptions: {{accountKey: {SECRET}}}\n",
        f"  storeOptions: {{service_account_key: {SECRET}}}\n",
        "  storeOptions: {key_id: AKIAIOSFODNN7EXAMPLE}\n",
        "  answers: {MODEL: 'https://x.blob.example.com/a?sv=1&sig=abc%3D'}\n",
        "  answers: {MODEL: 'https://b.example.com/a?X-Amz-Credential=a&X-Amz-Signature=b'}\n",
        f"  answers: {{DB: 'postgresql://app:{SECRET}@db.example.com/x'}}\n",
        f"  answers: {{CONNECTION: 'AccountName=a;AccountKey={SECRET}=='}}\n",
        f"  answers: {{LINE: 'run --password={SECRET}'}}\n",
        "  answers: {KEY: '-----BEGIN RSA PRIVATE KEY-----'}\n",
        "  answers: {TOKEN: eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJtZSJ9.abc}\n",
        "  identity: {example.com/auth: 'Bearer abcdefghijklmnop'}\n",
    ],
)
def test_a_credential_is_refused_and_not_repeated(body: str) -> None:
    said = refused(spec(body))
    assert "spec." in said and "environment variables" in said
    for value in (SECRET, "AKIAIOSFODNN7EXAMPLE", "eyJhbGci", "abc%3D", "abcdefghijklmnop"):
        assert value not in said


@pytest.mark.parametrize(
    "body",
    [
        "  storeOptions: {region: eu, endpoint: 'https://s3.example.com:9000', skip_signature: 'true', profile: x}\n",
        "  answers: {MODEL: 's3://bucket/keys/model', IMAGE: 'registry.example.com/a@sha256:abc'}\n",
        "  identity: {azure.workload.identity/client-id: 0fe3d8ba-2a1f-4a31-b3a0-111111111111}\n",
        "  identity: {iam.gke.io/gcp-service-account: ml@project.iam.gserviceaccount.com}\n",
        "  answers: {MAIL: 'mailto:me@example.com', GIT: 'ssh://git@example.com/a'}\n",
    ],
)
def test_what_only_resembles_a_credential_is_taken(body: str) -> None:
    assert read(spec(body)).context == "prod"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("CONFIG", "STATE", "DATA", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    return tmp_path


def test_the_shelf_keeps_targets_for_their_owner_only(home: Path) -> None:
    path = shelf.add(FULL)
    assert path == home / "config/minikf/targets/prod.yaml"
    assert path.stat().st_mode & 0o777 == 0o600 and path.parent.stat().st_mode & 0o777 == 0o700
    assert shelf.get("prod") == FULL and shelf.names() == ("prod",)
    assert shelf.add(FULL) == path  # the same again is no conflict
    with pytest.raises(Refused, match="there is a target 'prod' already") as caught:
        shelf.add(TargetSpec("prod", context="other"))
    assert "--replace" in caught.value.advice and shelf.get("prod") == FULL
    shelf.add(TargetSpec("prod", context="other"), replace=True)
    assert shelf.get("prod").context == "other"
    shelf.remove("prod")
    assert shelf.names() == () and not path.exists()
    with pytest.raises(Refused, match="there is no target 'prod'") as caught:
        shelf.remove("prod")
    assert caught.value.cause == "targets: none"


@pytest.mark.parametrize("name", ["", "A", "a_b", "../a", "a/b", "-a", "a" * 41, "a.b", "a\n"])
def test_a_name_is_one_by_the_rule_of_platforms(home: Path, name: str) -> None:
    for ask in (lambda: shelf.get(name), lambda: shelf.remove(name), lambda: shelf.add(TargetSpec(name, context="c"))):
        with pytest.raises(UsageError, match="cannot name a target"):
            ask()
    assert not list(home.rglob("*.yaml"))


def test_what_is_not_to_be_written_is_not_written(home: Path) -> None:
    with pytest.raises(UsageError, match=r"spec\.store holds a user and a password"):
        shelf.add(TargetSpec("prod", context="c", store="s3://a:b@bucket"))
    assert not list(home.rglob("*.yaml"))


def test_a_damaged_target_hides_no_other(home: Path) -> None:
    shelf.add(FULL)
    folder = home / "config/minikf/targets"
    (folder / "bad.yaml").write_text("a: [")
    (folder / "renamed.yaml").write_text(yamlfile.text(FULL))
    (folder / "Notes.yaml").write_text("no target by its name")
    (folder / "latin.yaml").write_bytes(b"\xff\xfe\xff")
    found = {one.name: one for one in shelf.everything()}
    assert set(found) == {"bad", "latin", "prod", "renamed"}
    assert found["prod"].spec == FULL
    assert "bad.yaml" in str(found["bad"].trouble) and "latin.yaml" in str(found["latin"].trouble)
    assert "holds another target" in str(found["renamed"].trouble)
    shelf.remove("bad")  # what cannot be read can be forgotten
    assert "bad" not in shelf.names()

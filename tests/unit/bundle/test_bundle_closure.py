"""The closure of a kustomization holds every file that it reads, and nothing that cannot be pinned gets into it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from minikf.bundle.closure import Closure
from minikf.bundle.errors import FileMissing, NotLockable
from minikf.bundle.origin import Origin, of_address, of_url
from minikf.bundle.sources import Folder
from minikf.errors import MinikfError

ROOT = Origin("acme/manifests", "v1", "app")
OBJECT = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"

Put = Callable[..., Folder]


@pytest.fixture
def put(tmp_path: Path) -> Put:
    """Writes files into a mirror: `app` is a kustomization's text, the others are files by their address."""

    def put(app: str = "", **files: str) -> Folder:
        texts = {"acme/manifests/v1/app/kustomization.yaml": app} if app else {}
        for name, text in {**texts, **files}.items():
            file = tmp_path / "mirror" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        return Folder(tmp_path / "mirror")

    return put


def closure(source: Folder, root: Origin = ROOT) -> set[str]:
    found = Closure(source.read, 2)
    for _ in found.follow([root]):
        pass
    found.check()
    return {file.address.removeprefix("acme/manifests/v1/") for file in found.files([root])}


def refused(source: Folder) -> MinikfError:
    with pytest.raises((NotLockable, FileMissing)) as raised:
        closure(source)
    assert raised.value.advice
    return raised.value


def test_every_field_that_names_a_file_is_followed(put: Put) -> None:
    app = """
resources: [one.yaml, ../base, Other]
bases: [../old]
components: [../part]
crds: [crd.json]
configurations: [configuration.yaml]
openapi: {path: schema.json}
patches:
- path: patch.yaml
  target: {kind: Deployment}
- patch: "[]"
patchesStrategicMerge:
- merge.yaml
- |-
  apiVersion: v1
  kind: Inline
patchesJson6902:
- {path: json.yaml, target: {kind: X, name: y, version: v1}}
replacements: [{path: replacements.yaml}, {source: {kind: A}, targets: []}]
configMapGenerator:
- {name: a, files: [plain.txt, key=named.txt], envs: [one.env], literals: [a=b.txt, c=../d], env: two.env}
secretGenerator:
- {name: b, envs: [three.env], type: Opaque}
generators: [generator.yaml]
transformers:
- transformer.yaml
- |-
  apiVersion: builtin
  kind: PatchTransformer
  metadata: {name: inline}
  path: from-inline.yaml
validators: []
vars: []
namePrefix:
"""
    generator = "apiVersion: builtin\nkind: ConfigMapGenerator\nmetadata: {name: g}\nfiles: [k=from-generator.txt]\n"
    transformer = (
        "apiVersion: builtin\nkind: PatchStrategicMergeTransformer\nmetadata: {name: t}\npaths: [from-plugin.yaml]\n"
        "---\napiVersion: builtin\nkind: LabelTransformer\nmetadata: {name: u}\n"
        "---\napiVersion: builtin\nkind: ReplacementTransformer\nmetadata: {name: v}\nreplacements: [{path: r.yaml}]\n"
    )
    here = [
        "one.yaml", "crd.json", "configuration.yaml", "schema.json", "patch.yaml", "merge.yaml", "json.yaml",
        "replacements.yaml", "plain.txt", "named.txt", "one.env", "two.env", "three.env", "from-generator.txt",
        "from-plugin.yaml", "from-inline.yaml", "r.yaml",
    ]  # fmt: skip
    files = {f"acme/manifests/v1/app/{name}": OBJECT for name in here}
    files["acme/manifests/v1/app/generator.yaml"] = generator
    files["acme/manifests/v1/app/transformer.yaml"] = transformer
    files["acme/manifests/v1/base/kustomization.yml"] = "resources: [deep]\n"
    files["acme/manifests/v1/base/deep/Kustomization"] = "resources: []\n"
    files["acme/manifests/v1/app/Other"] = OBJECT
    files["acme/manifests/v1/old/kustomization.yaml"] = "namespace: x\n"
    files["acme/manifests/v1/part/kustomization.yaml"] = "kind: Component\n"
    files["acme/manifests/v1/app/unread.yaml"] = OBJECT
    found = closure(put(app, **files))
    wanted = {name.removeprefix("acme/manifests/v1/") for name in files} - {"app/unread.yaml"}
    assert found == wanted | {"app/kustomization.yaml"}


def test_remote_bases_are_followed_into_their_repositories(put: Put) -> None:
    app = """
resources:
- https://github.com/other/things//config/default?ref=v2
- https://github.com/other/things/config/more/?timeout=90s&ref=v2
- github.com/other/things?ref=v3
- https://github.com/other/things/releases/download/v2/all.yaml
- https://raw.githubusercontent.com/other/things/v2/one.yaml
"""
    files = {
        "other/things/v2/config/default/kustomization.yaml": "resources: [../crd]\n",
        "other/things/v2/config/crd/kustomization.yaml": "resources: [x.yaml]\n",
        "other/things/v2/config/crd/x.yaml": OBJECT,
        "other/things/v2/config/more/kustomization.yaml": "resources: []\n",
        "other/things/v3/kustomization.yaml": "resources: []\n",
        "other/things/releases/download/v2/all.yaml": OBJECT,
        "other/things/v2/one.yaml": OBJECT,
    }
    assert closure(put(app, **files)) == {*files, "app/kustomization.yaml"}


@pytest.mark.parametrize(
    ("app", "message"),
    [
        ("helmCharts: [{name: x}]", "`helmCharts` runs Helm"),
        ("helmChartInflationGenerator: [{chartName: x}]", "runs Helm"),
        ("helmGlobals: {chartHome: x}", "runs Helm"),
        ("resources: [../../../etc/passwd]", "'../../../etc/passwd' leads out of its repository"),
        ("resources: [/etc/passwd]", "'/etc/passwd' leads out of its repository"),
        ("patches: [{path: /etc/passwd}]", "leads out of its repository"),
        ("configMapGenerator: [{name: x, files: [k=../../secret]}]", "leads out of its repository"),
        ("resources: [https://github.com/a/b//c]", "cannot be pinned"),
        ("resources: [https://github.com/a/b//c?timeout=1]", "cannot be pinned"),
        ("resources: [https://github.com/a/b//c?ref=feature/x]", "leads out of its repository"),
        ("resources: [https://github.com/a/b//../../c?ref=v1]", "leads out of its repository"),
        ("resources: [https://example.org/a.yaml]", "cannot be pinned"),
        ("resources: ['git@github.com:a/b.git?ref=v1']", "cannot be pinned"),
        ("resources: ['git::https://github.com/a/b?ref=v1']", "cannot be pinned"),
        ("resources: ['file:///etc']", "cannot be pinned"),
        ("configMapGenerator: [{name: x, files: [https://example.org/a]}]", "is fetched while it is rendered"),
        ("transformers: [https://example.org/a.yaml]", "is fetched while it is rendered"),
        ("transformers: [run.yaml]", "'Runner' is no plugin of kustomize's own"),
        ("generators: [chart.yaml]", "'HelmChartInflationGenerator' is no plugin"),
        ("validators: [function.yaml]", "'LabelTransformer' is no plugin"),
        ("transformers: [folder]", "'folder' is not there as a file"),
        ("resourcse: [x.yaml]", "there is no field 'resourcse'"),
        ("resources: x.yaml", "a list is wanted here"),
        ("resources: [{a: b}]", "text is wanted here, and it is a mapping"),
        ("patches: [{pth: x.yaml}]", "there is no field 'pth'"),
        ("resources: [gone.yaml]", "'gone.yaml' is not there"),
        ("resources: [gone]", "'gone' is not there"),
        ("components: [run.yaml]", "'run.yaml' is not there"),
        ("a: [", "this is no YAML"),
        ("# nothing", "is not one document"),
    ],
)
def test_what_cannot_be_pinned_is_refused_with_the_file(put: Put, app: str, message: str) -> None:
    function = (
        "apiVersion: builtin\nkind: LabelTransformer\nmetadata: {annotations: {config.kubernetes.io/function: x}}\n"
    )
    files = {
        "run.yaml": "apiVersion: someteam.example/v1\nkind: Runner\nmetadata: {name: x}\n",
        "chart.yaml": "apiVersion: builtin\nkind: HelmChartInflationGenerator\nmetadata: {name: x}\n",
        "function.yaml": function,
        "folder/kustomization.yaml": "resources: []\n",
    }
    source = put(app + "\n", **{f"acme/manifests/v1/app/{name}": text for name, text in files.items()})
    error = refused(source)
    assert message in error.message and "acme/manifests/v1/app/" in error.message


def test_all_that_is_missing_is_counted(put: Put) -> None:
    error = refused(put("resources:\n- b.yaml\n- a.yaml\n- c.yaml\n"))
    assert "line 2: 'b.yaml' is not there" in error.message and error.cause.endswith("and 2 more")


def test_a_circle_of_kustomizations_ends(put: Put) -> None:
    source = put("resources: [../two]", **{"acme/manifests/v1/two/kustomization.yaml": "resources: [../app]\n"})
    assert closure(source) == {"app/kustomization.yaml", "two/kustomization.yaml"}


def test_a_root_may_be_a_file(put: Put) -> None:
    source = put(**{"acme/manifests/v1/all.yaml": OBJECT})
    assert closure(source, Origin("acme/manifests", "v1", "all.yaml")) == {"all.yaml"}


@pytest.mark.parametrize(
    "address", ["a/b/v1/c/d.yaml", "a/b/v1", "a/b/releases/download/v1/x.yaml", "a/b/v1/releases/download"]
)
def test_an_address_says_what_it_is_made_of(address: str) -> None:
    assert of_address(address).address == address


@pytest.mark.parametrize(
    "address", ["", "a", "a/b", "a/b/../c", "/a/b/c", "a//b/c", "a/b/c/", "a/b/c/./d", "a/b/c\\d", "a/b/c/\n", "../b/c"]
)
def test_no_address_leads_out_of_a_folder(address: str) -> None:
    with pytest.raises(ValueError):
        of_address(address)


def test_addresses_on_the_web_are_quoted() -> None:
    origin = Origin("a/b", "v1", "a file#1.yaml")
    assert origin.url == "https://raw.githubusercontent.com/a/b/v1/a%20file%231.yaml"
    release = of_url("https://github.com/a/b/releases/download/v1/x.yaml")
    assert release is not None and release.url == "https://github.com/a/b/releases/download/v1/x.yaml"

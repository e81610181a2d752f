"""bundle.yaml is read strictly: what cannot be meant is refused with its line and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from minikf.bundle import catalog, shelf
from minikf.bundle.errors import BundleInvalid
from minikf.bundle.model import LITE, STANDARD, Interface, Licence
from minikf.bundle.origin import Origin
from minikf.errors import Refused, UsageError
from tests.unit.bundle.conftest import HEAD, Write, entry

PROFILE = '  small: {does: "all of it", variant: standard, components: [one]}\n'


def refused(folder: Path) -> Refused:
    with pytest.raises(BundleInvalid) as raised:
        catalog.read(folder)
    assert raised.value.advice and raised.value.exit_code == 10
    return raised.value


def test_all_that_a_bundle_can_say_is_read(write_bundle: Write) -> None:
    folder = write_bundle(
        entry("base"),
        entry(
            "one",
            "lite: {paths: [here/lite], patches: [small.yaml], leave_out: [Namespace/one, Secret/space/two]}",
            "needs: [base]",
            "needs_lite: []",
            "ready: [Queue/space/name, APIService//v1.x.example]",
            "test: try-one",
            "ui: {service: web, namespace: space, port: 80, path: /one/}",
        ),
        "- {id: far, title: Far, group: Others, does: cannot be read here, locked: false, why_not: no mirror has it,"
        " licence: {spdx: BUSL-1.1, source: far/away/v1/LICENSE, free: false}}\n",
        profiles=PROFILE,
    )
    (folder / "patches").mkdir()
    (folder / "patches" / "small.yaml").write_text("[]")
    found = catalog.read(folder)
    one, far = found.components["one"], found.components["far"]
    assert (found.name, found.version, list(found.components)) == ("small", "1", ["base", "one", "far"])
    assert one.shape(LITE).origins == (Origin("acme/manifests", "v1", "lite"),)
    assert one.shape(STANDARD).origins == (Origin("acme/manifests", "v1", "one"),)
    assert one.shape(LITE).leave_out == ("Namespace/one", "Secret/space/two")
    assert (one.needs_of(STANDARD), one.needs_of(LITE)) == (("base",), ())
    assert one.ui == Interface("web", "space", 80, "/one/") and one.ready[1] == "APIService//v1.x.example"
    assert found.components["base"].shape(LITE) == found.components["base"].shape(STANDARD)
    assert not far.locked and far.why_not and far.licence == Licence("BUSL-1.1", "far/away/v1/LICENSE", False)
    assert not far.has(LITE) and found.profiles["small"].components == ("one",)
    assert found.patches["small.yaml"].read_text() == "[]"


@pytest.mark.parametrize(
    ("lines", "line", "message", "advice"),
    [
        (["nedes: [base]"], 12, "there is no field 'nedes'", "needs"),
        (["needs: base"], 12, "a list is wanted here, and it is text", ""),
        (["needs: [bse]"], 12, "'one' needs 'bse', which is no component", "did you mean base?"),
        (["needs_lite: [base, base]"], 12, "'base' stands here twice", ""),
        (["needs: [7]"], 12, "text is wanted here, and it is a number", 'put it in quotes: "7"'),
        (["lite: {paths: [ther/one]}"], 12, "'ther' is none of the sources", "here"),
        (["lite: {paths: []}"], 12, "there is no path in this list", "leave the field out"),
        (["lite: {}"], 12, "a shape has at least one of paths, charts and patches", ""),
        (["lite: {patches: []}"], 12, "a shape has at least one of paths, charts and patches", ""),
        (["lite: {paths: [here/one], patch: [a.yaml]}"], 12, "there is no field 'patch'", "patches"),
        (["lite: {paths: [here/../../etc]}"], 12, "it has the part '..'", ""),
        (["lite: {paths: [here//etc]}"], 12, "it has the part ''", ""),
        (["lite: {paths: [here/one], patches: [../a.yaml]}"], 12, "'../a.yaml' is no name of a patch", ""),
        (["lite: {paths: [here/one], patches: [gone.yaml]}"], 6, "the patch 'gone.yaml' in lite, and there is", "make"),
        (["lite: {paths: [here/one], leave_out: [one]}"], 12, "'one' names no object", ""),
        (["ready: [deployment/x]"], 12, "'deployment/x' names no object", ""),
        (["ui: {service: web, namespace: one, port: 99999}"], 12, "99999 is no port", ""),
        (["ui: {service: web, port: 80}"], 12, "the field 'namespace' is missing", ""),
        (["locked: maybe"], 12, "true or false is wanted here", ""),
        (["locked: false"], 12, "does not say why", "why_not"),
        (["why_not: it is"], 12, "is locked and says why it is not", ""),
        (["title: again"], 12, "'title' stands here twice", ""),
        (["<<: {test: x}"], 12, "merged mappings", "write its fields out"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused_with_its_line(
    write_bundle: Write, lines: list[str], line: int, message: str, advice: str
) -> None:
    folder = write_bundle(entry("one", *lines), entry("base"))
    error = refused(folder)
    assert error.message.startswith(f"{folder}/bundle.yaml, line {line}: ") and message in error.message
    assert advice in error.advice


@pytest.mark.parametrize(
    ("profiles", "message"),
    [
        ("  p: {does: x, variant: standrd, components: [one]}\n", "there is no variant 'standrd'"),
        ("  p: {does: x, variant: lite, components: [two]}\n", "'two' is no component"),
        ("  p: {does: x, components: [one]}\n", "the field 'variant' is missing"),
        ("  p: {does: x, variant: standard, components: [only]}\n", "'only' has no shape for the profile's variant"),
        ("  p: {does: x, variant: standard, components: [wants]}\n", "the profile 'p' needs 'only', which no profile"),
        ("  p: {does: x, variant: lite, components: [closed]}\n", "'closed' is under AGPL-3.0-only, and so in no"),
    ],
)
def test_a_profile_of_what_is_not_there_is_refused(write_bundle: Write, profiles: str, message: str) -> None:
    closed = entry("closed").replace("LICENSE}", "LICENSE, free: false}").replace("Apache-2.0", "AGPL-3.0-only")
    only = entry("only").replace("standard:", "lite:")
    error = refused(write_bundle(entry("one"), only, entry("wants", "needs: [only]"), closed, profiles=profiles))
    assert message in error.message and ", line 6" in error.message


def test_two_components_of_one_id_are_refused(write_bundle: Write) -> None:
    error = refused(write_bundle(entry("one"), entry("one")))
    assert "line 12: there are two components 'one'" in error.message


def test_a_cycle_is_named_as_the_path_around_it(write_bundle: Write) -> None:
    error = refused(write_bundle(entry("b", "needs: [c]"), entry("c", "needs: [a]"), entry("a", "needs: [b]")))
    assert "b -> c -> a -> b" in error.message and "take one of these" in error.advice


def test_a_cycle_of_lite_alone_is_found(write_bundle: Write) -> None:
    error = refused(write_bundle(entry("a", "needs_lite: [a]")))
    assert "a -> a" in error.message and "lite" in error.cause


@pytest.mark.parametrize("text", ["", "[]", "x: 1", "- a", "a: [", "\t", "--- {}\n--- {}", "bundle: \x00", "\xff"])
def test_what_is_no_bundle_is_refused(write_bundle: Write, text: str) -> None:
    folder = write_bundle()
    (folder / "bundle.yaml").write_bytes(text.encode("latin-1"))
    assert str(folder / "bundle.yaml") in refused(folder).message


def test_a_version_without_quotes_is_a_number(write_bundle: Write) -> None:
    error = refused(write_bundle(entry("one"), head=HEAD.replace('"1"', "26.03")))
    assert "line 2: text is wanted" in error.message and error.advice == 'put it in quotes: "26.03"'


def test_a_folder_without_bundle_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused) as raised:
        catalog.read(tmp_path)
    assert "bundle.yaml cannot be read" in raised.value.message and raised.value.advice


def test_bundles_are_found_by_name_version_and_folder(tmp_path: Path, write_bundle: Write) -> None:
    head = HEAD.replace('version: "1"', 'version: "{}"\nupgrades_from: {}')
    for version, before in (("v1.11.0", "none"), ("26.03", "v1.11.0")):
        write_bundle(entry("one"), head=head.replace("{}", version, 1).replace("{}", before, 1), name=version)
    store = tmp_path / "shelf" / "kubeflow"
    store.mkdir(parents=True)
    for version in ("v1.11.0", "26.03"):
        (tmp_path / version).rename(store / version)
    (store / "patches").mkdir()  # is no version
    place = tmp_path / "shelf"
    assert shelf.names(place) == {"kubeflow": ("26.03", "v1.11.0")}
    assert [shelf.bundle(words, place).version for words in ("", "kubeflow", "kubeflow@v1.11.0")] == [
        "26.03", "26.03", "v1.11.0",
    ]  # fmt: skip
    assert shelf.bundle(str(store / "26.03"), place).version == "26.03"
    for words, advice in (("kubeflw", "kubeflow"), ("kubeflow@26.3", "26.03")):
        with pytest.raises(UsageError) as raised:
            shelf.bundle(words, place)
        assert advice in raised.value.advice


def test_a_component_may_be_made_of_our_own_objects_alone(write_bundle: Write) -> None:
    folder = write_bundle(entry("own").replace("paths: [here/own]", "patches: [own.yaml]"))
    (folder / "patches").mkdir()
    (folder / "patches" / "own.yaml").write_text("apiVersion: v1\nkind: Namespace\nmetadata: {name: own}\n")
    own = catalog.read(folder).components["own"]
    assert own.origins(LITE) == () and own.shape(LITE).patches == ("own.yaml",) and own.locked


def test_patches_may_be_shared_by_versions(tmp_path: Path, write_bundle: Write) -> None:
    folder = write_bundle(entry("one", "lite: {paths: [here/one], patches: [a.yaml, b.yaml]}"))
    for place, names in ((folder, ["a.yaml"]), (tmp_path, ["a.yaml", "b.yaml"])):
        (place / "patches").mkdir()
        for name in names:
            (place / "patches" / name).write_text(str(place))
    found = shelf.bundle(f"{folder}/")
    assert found.patches["a.yaml"].read_text() == str(folder) and found.patches["b.yaml"].read_text() == str(tmp_path)

"""The store has what was locked and nothing else, whatever happens while it comes."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from minikf.bundle import sources
from minikf.bundle import store as module
from minikf.bundle.errors import FileChanged, FileMissing, NotLockable
from minikf.bundle.lock import FILE, Lock, write
from minikf.bundle.model import LITE, STANDARD, Bundle, Selection
from minikf.bundle.selection import select
from minikf.bundle.sources import Folder, Web
from minikf.bundle.store import Store
from minikf.errors import Refused
from minikf.paths import cache_home
from minikf.spec import Event
from tests.unit.bundle.locking import FILES, LOCKED, damage, made, put, ran, states, written
from tests.webserver import Handler, Served, serving, slow
from tests.webserver import Web as Server

PROGRAM = """
import sys
from pathlib import Path
from minikf.bundle import catalog
from minikf.bundle.lock import locked
from minikf.bundle.selection import select
from minikf.bundle.sources import source
from minikf.bundle.store import Store
from minikf.errors import MinikfError
bundle = catalog.read(Path(sys.argv[1]))
try:
    for event in Store(Path(sys.argv[2])).ensure(locked(bundle), select(bundle, "standard"), source(sys.argv[3])):
        print(event.state, event.message, event.cause, flush=True)
except MinikfError as error:
    print("raised", error.code, error.message, error.cause, error.advice, flush=True)
"""


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(module, "TELL_SECONDS", 0.0)
    for name in list(os.environ):
        if name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    return put(tmp_path / "mirror")


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    return written(tmp_path / "bundle")


@pytest.fixture
def lock(bundle: Bundle, mirror: Path, tmp_path: Path) -> Lock:
    lock = made(bundle, mirror, Store(tmp_path / "first"))
    write(lock, tmp_path / "bundle" / FILE)
    return lock


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


@pytest.fixture
def selection(bundle: Bundle) -> Selection:
    return select(bundle, STANDARD)


@pytest.fixture
def web() -> Iterator[Server]:
    with serving() as web:
        for name, text in FILES.items():
            web.files[f"/{name}"] = Served(text.encode())
        yield web


def blobs(store: Store) -> list[str]:
    return sorted(file.name for file in (store.root / "sha256").rglob("*") if file.is_file())


def test_only_what_is_missing_is_asked_for(store: Store, lock: Lock, selection: Selection, web: Server) -> None:
    place = Web(web.url, "mirror")
    events: list[Event] = []
    ran(store.ensure(lock, selection, place), events)
    wanted = [name for name in LOCKED if "small" not in name]
    assert sorted(path for path, _ in web.asked) == [f"/{name}" for name in wanted]
    assert states(events)[0] == "started" and states(events)[-1] == "done" and "progress" in states(events)
    counts = [event.bytes_done for event in events]
    total = sum(len(FILES[name]) for name in wanted)
    assert counts == sorted(counts) and counts[-1] == total and all(event.bytes_total == total for event in events)
    again: list[Event] = []
    ran(store.ensure(lock, selection, place), again)
    assert states(again) == ["done"] and len(web.asked) == len(wanted)
    ran(store.ensure(lock, select(selection.bundle, LITE), place))
    assert len(web.asked) == len(wanted) + 1


def test_it_is_in_the_cache_by_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert Store().root == cache_home() / "bundles" == tmp_path / "minikf" / "bundles"


def test_a_changed_byte_is_refused_with_the_file_both_hashes_and_what_to_do(
    store: Store, lock: Lock, selection: Selection, mirror: Path
) -> None:
    name = "acme/manifests/v1/app/app.yaml"
    damage(mirror, name, FILES[name].replace("app", "apq"))
    events: list[Event] = []
    with pytest.raises(FileChanged) as raised:
        ran(store.ensure(lock, selection, Folder(mirror)), events)
    error = raised.value
    assert error.message == f"{name} is not what was locked, so it is not used"
    assert lock.files[name].sha256 in error.cause and str(mirror) in error.cause and error.cause.count("sha256") == 1
    assert "minikf bundle verify" in error.advice and events[-1].state == "failed"
    assert set(blobs(store)) <= {file.sha256 for file in lock.files.values()}


@pytest.mark.parametrize("text", ["", "x" * (3 << 20)])
def test_a_file_of_another_length_is_refused(
    store: Store, lock: Lock, selection: Selection, mirror: Path, text: str
) -> None:
    damage(mirror, "acme/more/v2/x/x.yaml", text)
    with pytest.raises(FileChanged) as raised:
        ran(store.ensure(lock, selection, Folder(mirror)))
    assert "acme/more/v2/x/x.yaml" in raised.value.message


def without_its_length(handler: Handler) -> None:
    """Half of the file from a server that does not say how much there is."""
    content = handler.web.files[handler.path].content
    handler.send_response(200)
    handler.end_headers()
    handler.wfile.write(content[: len(content) // 2])


def test_half_an_answer_is_not_taken_for_the_file(store: Store, lock: Lock, selection: Selection, web: Server) -> None:
    web.files["/acme/more/v2/x/x.yaml"].always = without_its_length
    with pytest.raises(FileChanged) as raised:
        ran(store.ensure(lock, selection, Web(web.url, "mirror")))
    assert "acme/more/v2/x/x.yaml is not what was locked" in raised.value.message
    assert lock.files["acme/more/v2/x/x.yaml"].sha256 not in blobs(store)


def test_a_missing_file_stops_it_and_what_came_stays(
    store: Store, lock: Lock, selection: Selection, web: Server
) -> None:
    gone = web.files.pop("/acme/more/v2/x/x.yaml")
    with pytest.raises(FileMissing):
        ran(store.ensure(lock, selection, Web(web.url, "mirror")))
    there = len(blobs(store))
    web.files["/acme/more/v2/x/x.yaml"] = gone
    web.asked.clear()
    ran(store.ensure(lock, selection, Web(web.url, "mirror")))
    assert len(web.asked) == len([name for name in LOCKED if "small" not in name]) - there


def test_what_was_changed_on_disk_is_fetched_again(
    store: Store, lock: Lock, selection: Selection, mirror: Path
) -> None:
    ran(store.ensure(lock, selection, Folder(mirror)))
    sha256 = lock.files[LOCKED[0]].sha256
    file = store.root / "sha256" / sha256[:2] / sha256
    file.chmod(0o600)
    file.write_text("damaged")
    assert store.read(lock.files[LOCKED[0]]) is None
    ran(store.ensure(lock, selection, Folder(mirror)))
    assert store.read(lock.files[LOCKED[0]]) == FILES[LOCKED[0]].encode()


def start(tmp_path: Path, place: str, **options: object) -> subprocess.Popen[str]:
    words = [sys.executable, "-c", PROGRAM, str(tmp_path / "bundle"), str(tmp_path / "store"), place]
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True, **options)  # type: ignore[call-overload,no-any-return]


def test_a_kill_leaves_whole_files_and_the_next_one_goes_on(
    store: Store, lock: Lock, selection: Selection, web: Server, tmp_path: Path
) -> None:
    slow_one = "/acme/manifests/v1/app/app.yaml"
    web.files[slow_one].always = lambda handler: handler.web.closing.wait(60)  # type: ignore[assignment,return-value]
    running = start(tmp_path, web.url)
    deadline = time.monotonic() + 60
    while len(blobs(store)) < len(LOCKED) - 2:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    running.send_signal(signal.SIGKILL)
    running.wait()
    for name in blobs(store):
        assert name in {file.sha256 for file in lock.files.values()}
    web.files[slow_one].always = None
    web.asked.clear()
    ran(store.ensure(lock, selection, Web(web.url, "mirror")))
    assert [path for path, _ in web.asked] == [slow_one]


def test_kills_at_any_moment_leave_nothing_that_does_not_fit(
    store: Store, lock: Lock, selection: Selection, web: Server, tmp_path: Path
) -> None:
    known = {file.sha256 for file in lock.files.values()}
    for served in web.files.values():
        served.always = slow(0.02)
    for pause in (0.25, 0.3, 0.35, 0.4):
        running = start(tmp_path, web.url)
        time.sleep(pause)
        running.send_signal(signal.SIGKILL)
        running.wait()
        assert set(blobs(store)) <= known
    done = start(tmp_path, web.url)
    out, _ = done.communicate()
    assert out.splitlines()[-1].startswith("done")
    assert all(store.read(lock.files[name]) is not None for name in LOCKED if "small" not in name)


def test_a_disk_that_fills_up_says_what_to_do(bundle: Bundle, mirror: Path, store: Store, tmp_path: Path) -> None:
    large = "acme/manifests/v1/app/app.yaml"
    damage(mirror, large, FILES[large] + "#" * 200_000)
    write(made(bundle, mirror, Store(tmp_path / "first")), tmp_path / "bundle" / FILE)
    most = 100_000
    limited = start(tmp_path, str(mirror), preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)))
    out, _ = limited.communicate()
    last = out.splitlines()[-1]
    assert last.startswith("raised Refused no space for the files of the bundle") and "XDG_CACHE_HOME" in last
    assert not list((store.root / "incoming").iterdir())
    whole = start(tmp_path, str(mirror))
    assert whole.communicate()[0].splitlines()[-1].startswith("done")


def test_what_does_not_fit_is_not_begun(
    store: Store, lock: Lock, selection: Selection, web: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage(store.root.parent)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=10))
    with pytest.raises(Refused) as raised:
        ran(store.ensure(lock, selection, Web(web.url, "mirror")))
    assert "and 10 are free" in raised.value.cause and web.asked == []


def test_what_is_not_locked_is_said(store: Store, lock: Lock, bundle: Bundle, mirror: Path) -> None:
    with pytest.raises(Refused) as raised:
        ran(store.ensure(lock, Selection(bundle, STANDARD, (bundle.components["far"],)), Folder(mirror)))
    assert "'far' is not in the lock" in raised.value.message and raised.value.cause == "no mirror has it"


def test_a_tree_has_the_mirrors_layout_and_nothing_remote(
    store: Store, lock: Lock, selection: Selection, mirror: Path, tmp_path: Path
) -> None:
    ran(store.ensure(lock, selection, Folder(mirror)))
    tree = store.tree(lock, [(one, STANDARD) for one in selection.components], tmp_path / "tree")
    there = sorted(str(file.relative_to(tree)) for file in tree.rglob("*") if file.is_file())
    assert there == [name for name in LOCKED if "small" not in name]
    app = "acme/manifests/v1/app/kustomization.yaml"
    assert (tree / app).read_text() == 'resources:\n- ../base\n- app.yaml\n- "../../../more/v2/x"\n'
    for name in set(there) - {app}:
        assert (tree / name).read_text() == FILES[name]


def test_a_tree_of_files_that_are_gone_is_refused(
    store: Store, lock: Lock, selection: Selection, tmp_path: Path
) -> None:
    with pytest.raises(Refused) as raised:
        store.tree(lock, [(one, STANDARD) for one in selection.components], tmp_path / "tree")
    assert "is not in" in raised.value.message and raised.value.advice


ALL = "acme/more/releases/download/v2/all.yaml"
REMOTE = """\
# äöü 😀 before
resources:
- 'https://github.com/acme/more/releases/download/v2/all.yaml'   # a comment
- >-
  https://github.com/acme/more//x?ref=v2
- own.yaml
patches:
- path: https://raw.githubusercontent.com/acme/more/v2/patch.yaml
  target: {kind: ConfigMap}
"""


def remote(mirror: Path, bundle: Bundle, store: Store) -> Lock:
    put(
        mirror,
        {
            "acme/manifests/v1/app/kustomization.yaml": REMOTE,
            "acme/manifests/v1/app/own.yaml": "a: 1\n",
            ALL: "b: 1\n",
            "acme/more/v2/patch.yaml": "c: 1\n",
        },
    )
    return made(bundle, mirror, store)


def test_remote_files_are_copied_beside_the_kustomization(
    store: Store, bundle: Bundle, mirror: Path, tmp_path: Path
) -> None:
    lock = remote(mirror, bundle, store)
    tree = store.tree(lock, [(bundle.components["app"], STANDARD)], tmp_path / "tree")
    app = tree / "acme/manifests/v1/app"
    names = {origin: f"remote-{lock.files[origin].sha256[:16]}.yaml" for origin in (ALL, "acme/more/v2/patch.yaml")}
    assert {file.name for file in app.iterdir()} == {"kustomization.yaml", "own.yaml", *names.values()}
    assert (app / names["acme/more/v2/patch.yaml"]).read_text() == "c: 1\n"
    wanted = REMOTE
    for old, new in (
        ("'https://github.com/acme/more/releases/download/v2/all.yaml'", names[ALL]),
        (">-\n  https://github.com/acme/more//x?ref=v2", "../../../more/v2/x"),
        ("https://raw.githubusercontent.com/acme/more/v2/patch.yaml", names["acme/more/v2/patch.yaml"]),
    ):
        wanted = wanted.replace(old, f'"{new}"')
    assert (app / "kustomization.yaml").read_text() == wanted


def test_a_remote_entry_that_is_not_locked_is_refused(
    store: Store, bundle: Bundle, mirror: Path, tmp_path: Path
) -> None:
    from dataclasses import replace

    lock = remote(mirror, bundle, store)
    left = {name: file for name, file in lock.files.items() if not name.endswith("patch.yaml")}
    components = {
        name: {
            variant: replace(one, files=tuple(file for file in one.files if file in left))
            for variant, one in variants.items()
        }
        for name, variants in lock.components.items()
    }
    cut = replace(lock, files=left, components=components)
    with pytest.raises(NotLockable) as raised:
        store.tree(cut, [(bundle.components["app"], STANDARD)], tmp_path / "tree")
    assert "line 8" in raised.value.message and "patch.yaml' is not locked" in raised.value.message

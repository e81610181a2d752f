"""install.sh: refusals, an interrupted run that goes on, the second run, and a removal that leaves nothing."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from minikf.engine.process import of
from tests.embedded.homes import Home

CHECKOUT = Path(__file__).resolve().parents[3]
SOURCE = (
    "install.sh",
    "pyproject.toml",
    "setup.py",
    "MANIFEST.in",
    "README.md",
    "LICENSE",
    "minikf",
    "gpu",
    "tui",
    "bundles",
)
INSTALLER = CHECKOUT / "install.sh"
SHELLS = [shell for shell in ("dash", "bash", "busybox") if shutil.which(shell)]


def command(*arguments: str, shell: str = "sh", installer: Path = INSTALLER) -> list[str]:
    return ([shell, "sh"] if shell == "busybox" else [shell]) + [str(installer), *arguments]


@pytest.fixture(scope="module")
def installer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The script in a copy of the checkout that nobody edits meanwhile, and whose path has a space."""
    copy = tmp_path_factory.mktemp("copy") / "a checkout"
    copy.mkdir()
    for name in SOURCE:
        if (CHECKOUT / name).is_dir():
            shutil.copytree(CHECKOUT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(CHECKOUT / name, copy / name)
    return copy / "install.sh"


def run(
    home: Home, *arguments: str, shell: str = "sh", installer: Path = INSTALLER, **variables: str
) -> subprocess.CompletedProcess[str]:
    home.root.mkdir(parents=True, exist_ok=True)
    return subprocess.run(
        command(*arguments, shell=shell, installer=installer),
        env=home.environment | variables,
        cwd=home.root,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.parametrize("shell", SHELLS)
def test_it_is_read_by_every_posix_shell(home: Home, shell: str) -> None:
    done = run(home, "--help", shell=shell)
    assert done.returncode == 0 and "--uninstall" in done.stdout and done.stderr == ""


@pytest.mark.parametrize(
    ("arguments", "variables", "code", "words"),
    [
        (["--nonsense"], {}, 2, "unknown option '--nonsense'"),
        (["--wheels"], {}, 2, "--wheels needs a value"),
        (["--wheels", "/no/such/folder"], {}, 2, "/no/such/folder is no folder"),
        (["--wheel", "/no/such.whl"], {}, 2, "/no/such.whl does not exist"),
        (["--wheel", str(INSTALLER)], {}, 2, "is no wheel of MiniKF"),
        (["--python", "/bin/true"], {}, 10, "/bin/true cannot be used"),
        ([], {"HOME": ""}, 10, "your home folder is not known"),
        ([], {"XDG_DATA_HOME": "/proc/none"}, 10, "/proc/none/minikf cannot be written"),
    ],
)
def test_bad_calls_change_nothing(
    home: Home, arguments: list[str], variables: dict[str, str], code: int, words: str
) -> None:
    done = run(home, *arguments, **variables)
    assert done.returncode == code, done.stdout + done.stderr
    assert words in done.stderr and "try:" in done.stderr
    assert [path for path in home.root.rglob("*") if path.is_file()] == []


def test_without_a_fitting_python_it_says_which_to_install(home: Home, tmp_path: Path) -> None:
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("cat", "date", "dirname", "mkdir", "mktemp", "rm", "rmdir", "sh", "df", "awk", "du", "cut"):
        (tools / name).symlink_to(shutil.which(name) or "/bin/false")
    (tools / "python3").symlink_to("/bin/false")
    done = run(home, PATH=str(tools), PYENV_ROOT=str(tmp_path))
    if "Python 3" in done.stdout and done.returncode == 0:
        pytest.skip("a Python lies in a place that is searched besides PATH")
    assert done.returncode == 10, done.stdout + done.stderr
    assert "no Python 3.11 to 3.13 was found" in done.stderr and "apt install python3" in done.stderr


def test_uninstall_where_nothing_is_installed(home: Home) -> None:
    done = run(home, "--uninstall", "--purge")
    assert done.returncode == 0 and "nothing to do" in done.stdout


def test_another_run_is_waited_for_and_a_dead_one_is_not(home: Home) -> None:
    lock = home.root / ".local/share/minikf/install.lock"
    lock.mkdir(parents=True)
    (lock / "pid").write_text(str(os.getpid()))
    done = run(home, "--no-up", "--python", sys.executable)
    assert done.returncode == 10 and "another installation is running" in done.stderr
    assert lock.exists()
    (lock / "pid").write_text("999999999")
    done = run(home, "--wheel", "/no/such.whl")
    assert "does not exist" in done.stderr and not lock.exists()


@pytest.fixture
def shared_downloads(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Downloads of `./install.sh test` are used again where they are; no other test pays for them."""
    yield {"UV_CACHE_DIR": os.environ.get("UV_CACHE_DIR") or str(tmp_path_factory.mktemp("uv"))}


def test_interrupted_resumed_repeated_removed_and_purged(
    home: Home, installer: Path, shared_downloads: dict[str, str]
) -> None:
    mine = [home.root / "precious.txt", home.root / ".local/bin/other", home.root / ".config/other.conf"]
    for file in mine:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("mine")
    venv = home.root / ".local/share/minikf/venv"
    options = ("--python", sys.executable, "--no-demo")

    interrupted = subprocess.Popen(
        command(*options, installer=installer),
        env=home.environment | shared_downloads,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    deadline = time.monotonic() + 60
    while not (venv / "bin" / "python").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    os.killpg(interrupted.pid, signal.SIGINT)
    told, _ = interrupted.communicate(timeout=60)
    assert interrupted.returncode == 130, told
    assert "run it again to go on" in told and not (venv / ".minikf-complete").exists()
    assert not (home.root / ".local/share/minikf/install.lock").exists()

    first = run(home, *options, installer=installer, **shared_downloads)
    assert first.returncode == 0, first.stdout + first.stderr
    for words in (
        "packages",
        "MB installed",
        "minikf up --engine embedded",
        "is not on your PATH",
        "minikf promote",
        "--uninstall",
    ):
        assert words in first.stdout, words
    program = home.root / ".local/bin/minikf"
    assert program.resolve() == (venv / "bin" / "minikf").resolve()
    version = subprocess.run([program, "version"], env=home.environment, capture_output=True, text=True, check=True)
    assert "engines: embedded" in version.stdout
    daemon = home.daemon()

    began = time.monotonic()
    second = run(home, *options, installer=installer, **shared_downloads)
    assert second.returncode == 0 and "nothing to do" in second.stdout and time.monotonic() - began < 15
    assert home.daemon() == daemon

    size = subprocess.run(["du", "-sm", str(venv)], capture_output=True, text=True, check=True).stdout.split()[0]
    assert int(size) <= 900, f"{size} MB are installed"

    before = home.root.with_name("before")  # two removals of one installation: the second from a copy of it
    home.minikf("stop")
    shutil.copytree(home.root, before, symlinks=True, copy_function=os.link)
    home.minikf("start")
    daemon = home.daemon()

    removed = run(home, "--uninstall")
    assert removed.returncode == 0 and "kept: your platforms' data" in removed.stdout
    assert not program.exists() and not venv.exists() and (home.data() / "objects.db").exists()
    assert not of(daemon["pid"]).alive

    shutil.rmtree(home.root)
    before.rename(home.root)
    purged = run(home, "--uninstall", "--purge")
    assert purged.returncode == 0, purged.stdout + purged.stderr
    left = [path for path in home.root.rglob("*") if path.is_file() and ".rustup" not in path.parts]
    assert sorted(left) == sorted(mine)

"""`python`, `torchrun` and `pip` as scripts in pods call them."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.embedded.pods.wheels import make_wheel
from tests.embedded.pods.world import World, alive, kill, pod

TELL = (
    "import json, os, sys; warm = 'MINIKF_WARM_SERVER' in open('/proc/self/environ').read(); "
    "print(json.dumps({'argv': sys.argv, 'out': os.getcwd(), 'warm': warm}))"
)


async def sh(world: World, script: str, name: str = "a", **spec: Any) -> tuple[Any, str]:
    """Runs a shell script in a pod; a `$` is doubled, since Kubernetes expands it."""
    state, log = await world.run(pod(name, "bash", "-c", script.replace("$", "$$"), **spec), 60)
    return state, log.decode()


@pytest.mark.parametrize(
    ("script", "argv"),
    [
        ('python -c "$CODE" a b', ["-c", "a", "b"]),
        ('echo "$CODE" > t.py; python -u t.py --x', ["t.py", "--x"]),
        ('echo "$CODE" | python', [""]),
        ('echo "$CODE" | python - 1', ["-", "1"]),
        ('python3 <<< "$CODE"', [""]),
    ],
)
async def test_python_runs_warm_however_it_is_called(warm_world: World, script: str, argv: list[str]) -> None:
    env = {"env": [{"name": "CODE", "value": TELL}]}
    _state, log = await sh(warm_world, script, container=env)
    said = json.loads(log)
    assert said["warm"], said
    assert said["argv"] == argv
    assert said["out"] == str(warm_world.folder("a").container("main").work)


async def test_versions_and_options_of_the_interpreter(warm_world: World) -> None:
    _state, log = await sh(warm_world, "python -V; python -c")
    version = f"Python {sys.version.split()[0]}"
    assert log.startswith(version)
    assert "Argument expected for the -c option" in log


@pytest.mark.parametrize(("code", "told"), [("exit(5)", "5"), ("import os; os.kill(os.getpid(), 15)", "143")])
async def test_codes_and_signals_are_mirrored(warm_world: World, code: str, told: str) -> None:
    _state, log = await sh(warm_world, f'python -c "{code}"; echo $?')
    assert log.strip().splitlines()[-1] == told


async def test_pipes_and_redirections_are_the_programs_own(warm_world: World) -> None:
    script = "echo in | python -c 'import sys; print(input()); print(1, file=sys.stderr)' 2>err | tr a-z A-Z; cat err"
    _state, log = await sh(warm_world, script)
    assert log == "IN\n1\n"


async def test_a_signal_to_the_shim_reaches_the_program(warm_world: World) -> None:
    code = "import signal, time\nsignal.signal(signal.SIGTERM, lambda *_: exit(42))\nopen('up', 'w')\ntime.sleep(60)"
    script = f'python -c "{code}" & while ! test -e up; do sleep 0.02; done; kill $!; wait $!; echo $?'
    _state, log = await sh(warm_world, script)
    assert log.strip().splitlines()[-1] == "42"


async def test_a_killed_shim_takes_the_program_along(warm_world: World) -> None:
    code = "import os, time; open('pid', 'w').write(str(os.getpid())); open('up', 'w'); time.sleep(60)"
    script = f'python -c "{code}" & while ! test -e up; do sleep 0.02; done; kill -9 $!; wait $!; echo $?; sleep 60'
    await warm_world.create(pod("a", "bash", "-c", script.replace("$", "$$")))
    await warm_world.until_logged("a", b"137")
    pid = int((warm_world.folder("a").container("main").work / "pid").read_text())
    await warm_world.until_true(lambda: not alive(pid))


async def test_the_warm_servers_death_is_survived_behind_the_shim(warm_world: World) -> None:
    code = "import os, time; open('up', 'w')\nwhile not os.path.exists('go'): time.sleep(0.02)\nexit(6)"
    await warm_world.create(pod("a", "bash", "-c", f'python -c "{code}"; echo code $$?'))
    work = warm_world.folder("a").container("main").work
    await warm_world.until_true((work / "up").exists)
    for pid in warm_world.runtime.host.warm.pids():
        kill(pid)
    await asyncio.sleep(0.1)
    (work / "go").touch()
    await warm_world.ended("a")
    assert warm_world.log("a") == b"code 6\n"


async def test_deleting_a_pod_ends_the_program_behind_its_shim(warm_world: World) -> None:
    code = (
        "import os, signal, time; signal.signal(15, signal.SIG_IGN); open('pid', 'w').write(str(os.getpid())); "
        "print('up', flush=True); time.sleep(60)"
    )
    await warm_world.create(pod("a", "bash", "-c", f'python -c "{code}"; true'))
    await warm_world.until_logged("a", b"up")
    pid = int((warm_world.folder("a").container("main").work / "pid").read_text())
    await warm_world.delete("a", grace=1)
    await warm_world.gone("a")
    assert not alive(pid)


# -- torchrun ------------------------------------------------------------------------------------------------------

RANKS = """
import os
names = "RANK LOCAL_RANK WORLD_SIZE LOCAL_WORLD_SIZE GROUP_RANK MASTER_ADDR MASTER_PORT OMP_NUM_THREADS"
print(" ".join(os.environ[name] for name in names.split()), flush=True)
"""


async def test_torchrun_gives_plain_functions_their_ranks(warm_world: World) -> None:
    env = [
        {"name": "CODE", "value": RANKS},
        {"name": "PET_NNODES", "value": "2"},
        {"name": "PET_NODE_RANK", "value": "1"},
        {"name": "PET_NPROC_PER_NODE", "value": "2"},
        {"name": "PET_MASTER_ADDR", "value": "127.0.0.1"},
        {"name": "PET_MASTER_PORT", "value": "23456"},
    ]
    state, log = await sh(warm_world, 'echo "$CODE" > t.py; torchrun t.py', container={"env": env})
    assert state["exitCode"] == 0, log
    assert sorted(log.splitlines()) == ["2 0 4 2 1 127.0.0.1 23456 1", "3 1 4 2 1 127.0.0.1 23456 1"]


async def test_torchrun_fails_when_a_worker_fails_and_ends_the_others(warm_world: World) -> None:
    code = "import os, time\nif os.environ['RANK'] == '1': exit(9)\ntime.sleep(60)"
    script = f'echo "{code}" > t.py; torchrun --nproc-per-node=3 t.py; echo code $?'
    begin = time.monotonic()
    _state, log = await sh(warm_world, script)
    assert "code 1" in log
    assert "worker 1" in log
    assert "exit code 9" in log
    assert time.monotonic() - begin < 20
    assert warm_world.members("a") == []


async def test_torchrun_without_a_script_says_so(world: World) -> None:
    _state, log = await sh(world, "torchrun; echo code $?")
    assert "training_script" in log
    assert "code 2" in log


# -- pip -----------------------------------------------------------------------------------------------------------


@pytest_asyncio.fixture
async def shelf(tmp_path: Path) -> AsyncIterator[Path]:
    """A folder of wheels, the only index there is."""
    folder = tmp_path / "wheels"
    make_wheel(folder, "fancy-thing", "1.0", {"fancy_thing.py": "VERSION = '1.0'"}, requires=["helper-thing>=2"])
    make_wheel(folder, "helper-thing", "2.1", {"helper_thing.py": "OK = True"}, scripts={"helper": "helper_thing:main"})
    make_wheel(folder, "numpy", "0.0.1", {"numpy/__init__.py": "FAKE = True"})
    yield folder


def index(shelf: Path) -> dict[str, Any]:
    env = [{"name": "PIP_NO_INDEX", "value": "1"}, {"name": "PIP_FIND_LINKS", "value": str(shelf)}]
    return {"container": {"env": env}}


async def test_pip_does_nothing_when_all_is_there(warm_world: World) -> None:
    _state, log = await sh(
        warm_world, "pip install --quiet packaging 'numpy>=1' && echo fine; ls -A $MINIKF_CONTAINER_DIR"
    )
    assert log.startswith("fine\n")
    assert "env" not in log.split()


async def test_pip_makes_a_shared_environment_once(warm_world: World, shelf: Path) -> None:
    script = (
        "python -m pip install --quiet --no-warn-script-location --user fancy-thing==1.0 && "
        "python -c 'import fancy_thing, helper_thing, numpy, sys; "
        'print(fancy_thing.VERSION, hasattr(numpy, "FAKE"), sys.prefix)\''
    )
    state, log = await sh(warm_world, script, "a", **index(shelf))
    assert state["exitCode"] == 0, log
    version, fake, prefix = log.split()
    # The platform's numpy satisfies, so the other one is not taken.
    assert (version, fake) == ("1.0", "False")
    begin = time.monotonic()
    _state, log = await sh(warm_world, script, "b", **index(shelf))
    assert log.split()[2] == prefix
    assert time.monotonic() - begin < 10
    # The platform's own environment is as it was.
    assert (
        subprocess.run([sys.executable, "-c", "import fancy_thing"], capture_output=True, check=False).returncode == 1
    )


async def test_two_pods_that_want_the_same_share_one_making(warm_world: World, shelf: Path) -> None:
    script = "pip install -q fancy-thing && python -c 'import sys; print(sys.prefix)'"
    results = await asyncio.gather(*(sh(warm_world, script, f"p{i}", **index(shelf)) for i in range(2)))
    assert results[0][1] == results[1][1] != ""
    folder = warm_world.runtime.host.place.paths.environments
    assert len([path for path in folder.iterdir() if path.is_dir()]) == 1


async def test_a_requirement_that_contradicts_the_platform_is_brought_along(warm_world: World, shelf: Path) -> None:
    script = (
        "pip install numpy==0.0.1 && python -c 'import numpy; print(numpy.FAKE)' && "
        "pip install helper-thing -q && python -c 'import numpy, helper_thing; print(numpy.FAKE)'"
    )
    state, log = await sh(warm_world, script, **index(shelf))
    assert state["exitCode"] == 0, log
    assert log.splitlines().count("True") == 2


async def test_a_requirement_that_does_not_exist_fails_with_the_resolvers_words(warm_world: World, shelf: Path) -> None:
    state, log = await sh(warm_world, "set -e; pip install no-such-thing-at-all; echo never", **index(shelf))
    assert (state["exitCode"], state["reason"]) == (1, "Error")
    assert "no-such-thing-at-all" in log
    assert "never" not in log
    assert "Traceback" not in log


async def test_commands_of_a_package_are_on_the_path(warm_world: World, shelf: Path) -> None:
    _state, log = await sh(warm_world, "pip install -q helper-thing; command -v helper", **index(shelf))
    assert log.strip().endswith("/env/bin/helper")


async def test_requirements_files_and_bad_words(warm_world: World, shelf: Path) -> None:
    script = (
        "printf '# all\\nhelper-thing>=2 # why\\n' > r.txt; "
        "pip install -q -r r.txt && python -c 'import helper_thing' && echo ok; "
        "pip install -r none.txt; pip install; pip install './no.whl'; pip uninstall -y numpy; echo code $?"
    )
    _state, log = await sh(warm_world, script, **index(shelf))
    assert log.startswith("ok\n"), log
    assert "none.txt" in log
    assert "at least one requirement" in log
    assert "no.whl" in log
    assert "code 1" in log
    assert "Traceback" not in log


async def test_without_uv_pip_itself_makes_the_environment(world: World, shelf: Path) -> None:
    code = (
        "import sys; from minikf.embedded.forkserver.shims import installers, pip; "
        "installers.find_uv = lambda: ''; sys.exit(pip.main(['install', 'fancy-thing']))"
    )
    script = f'python -c "{code}" && python -c "import fancy_thing, helper_thing; print(fancy_thing.VERSION)"'
    state, log = await sh(world, script, **index(shelf))
    assert state["exitCode"] == 0, log
    assert log.strip().endswith("1.0")


async def test_an_environment_that_is_used_again_gets_a_warm_server(warm_world: World, shelf: Path) -> None:
    script = f'pip install -q helper-thing; python -c "{TELL}"'
    for number in range(40):
        _state, log = await sh(warm_world, script, f"p{number}", **index(shelf))
        if json.loads(log.splitlines()[-1])["warm"]:
            return
        await asyncio.sleep(0.2)
    raise AssertionError(f"never warm: {warm_world.runtime.host.warm.describe()}")

"""Memory and cpu limits, watched by us and held by the kernel."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from minikf.embedded.pods.cgroups import find_cgroups
from tests.embedded.pods.world import WARM_FOR_TESTS, World, pod

EAT = """
import time
x = bytearray(SIZE << 20)
for i in range(0, len(x), 4096): x[i] = 1
print("eaten", flush=True)
time.sleep(HOW)
"""


def limits(**values: str) -> dict[str, Any]:
    return {"container": {"resources": {"limits": values}}}


def eat(mebibytes: int, seconds: float = 60) -> str:
    return EAT.replace("SIZE", str(mebibytes)).replace("HOW", str(seconds))


@pytest.mark.parametrize("warm", [False, True])
async def test_too_much_memory_is_oom_killed(tmp_path: Path, warm: bool) -> None:
    world = await World.open(tmp_path, warm=warm, warm_modules=WARM_FOR_TESTS)
    if warm:
        assert await world.runtime.host.warm.until_ready(30)
    begin = time.monotonic()
    state, _log = await world.run(pod("a", "python", "-c", eat(200), **limits(memory="100Mi")))
    assert (state["exitCode"], state["reason"]) == (137, "OOMKilled")
    assert "of 100.0Mi" in state["message"]
    assert "over" in state["message"]
    assert time.monotonic() - begin < 10
    await world.close()


async def test_the_memory_of_all_processes_counts(world: World) -> None:
    script = f"python -c '{eat(60)}' & python -c '{eat(60)}' & wait"
    state, _log = await world.run(pod("a", "bash", "-c", script, **limits(memory="110Mi")))
    assert state["reason"] == "OOMKilled"


async def test_memory_shared_by_its_own_processes_counts_once(world: World) -> None:
    # Four processes see 80 MiB each, and it is one and the same: 320 MiB resident, well below the limit in truth.
    code = eat(80, 0) + "\nimport os\nfor _ in range(3): os.fork() or (time.sleep(1.5), os._exit(0))\ntime.sleep(1)"
    state, log = await world.run(pod("a", "python", "-c", code, **limits(memory="150Mi")))
    assert (state["exitCode"], state["reason"]) == (0, "Completed"), (state, log)


async def test_below_the_limit_nothing_happens(world: World) -> None:
    state, _log = await world.run(pod("a", "python", "-c", eat(20, 0.5), **limits(memory="120Mi")))
    assert state["exitCode"] == 0


async def test_an_oom_killed_container_restarts_by_its_policy(world: World) -> None:
    code = f"import os\nif os.path.exists('again'): print('fine'); raise SystemExit\nopen('again', 'w')\n{eat(200)}"
    obj = pod("a", "python", "-c", code, restartPolicy="OnFailure", **limits(memory="100Mi"))
    await world.create(obj)
    status = await world.ended("a")
    assert status["phase"] == "Succeeded"
    assert status["containerStatuses"][0]["lastState"]["terminated"]["reason"] == "OOMKilled"


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="takes two processors")
async def test_without_a_cpu_limit_one_processor_is_left_to_others(warm_world: World) -> None:
    code = "import os; print(os.environ['OMP_NUM_THREADS'])"
    spare = max(1, len(os.sched_getaffinity(0)) - 1)
    for name, env, threads in (("a", [], spare), ("b", [{"name": "OMP_NUM_THREADS", "value": "7"}], 7)):
        _state, log = await warm_world.run(pod(name, "python", "-c", code, container={"env": env}))
        assert log == f"{threads}\n".encode()


async def test_a_cpu_limit_gives_processors_and_threads(warm_world: World) -> None:
    code = "import os; print(len(os.sched_getaffinity(0)), os.environ['OMP_NUM_THREADS'])"
    for name, argv in (("cold", ["sh", "-c", f'python -c "{code}"']), ("warm", ["python", "-c", code])):
        _state, log = await warm_world.run(pod(name, *argv, **limits(cpu="500m")))
        assert log == b"1 1\n"


CGROUPS = find_cgroups("minikf-test-probe")
CGROUPS.remove()


@pytest.mark.skipif(CGROUPS.memory is None, reason="this user may not make control groups here")
@pytest.mark.parametrize("how", ["launcher", "warm", "shim"])
async def test_the_kernel_holds_the_limit_where_it_may(tmp_path: Path, how: str) -> None:
    world = await World.open(tmp_path, cgroups=True, warm=how != "launcher", warm_modules=WARM_FOR_TESTS)
    if how != "launcher":
        assert await world.runtime.host.warm.until_ready(30)
    argv = ["bash", "-c", f"python -c '{eat(200)}'"] if how == "shim" else ["python", "-c", eat(200)]
    state, _log = await world.run(pod("a", *argv, **limits(memory="64Mi")))
    assert (state["exitCode"], state["reason"]) == (137, "OOMKilled"), state
    assert "kernel" in state["message"]
    uid = world.get("a")["metadata"]["uid"]
    await world.close()
    assert CGROUPS.memory is not None
    assert not list(CGROUPS.memory.parent.glob(f"*/{uid}*"))


@pytest.mark.skipif(CGROUPS.cpu is None, reason="this user may not make control groups here")
async def test_the_kernel_holds_the_cpu_limit_where_it_may(tmp_path: Path) -> None:
    world = await World.open(tmp_path, cgroups=True)
    code = "import time; b = time.monotonic()\nwhile time.process_time() < 0.3: pass\nprint(time.monotonic() - b)"
    _state, log = await world.run(pod("a", "python", "-c", code, **limits(cpu="200m")))
    # 0.3 s of work at a fifth of a processor.
    assert float(log) > 0.9
    await world.close()

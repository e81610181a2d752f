"""SIGKILL of the daemon at each moment of a run: the next one goes on, and no step runs twice.

The pipelines are compiled by the SDK; it reads annotations as they are, so there is no postponed evaluation here.
"""

# mypy: ignore-errors
# The SDK has no types, and what it reads from annotations is not always one.

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import pytest_asyncio

pytest.importorskip("kfp")

from kfp import dsl

from tests.embedded.daemon.process import DaemonProcess
from tests.embedded.pipelines.runworld import compiled
from tests.embedded.wire import Wire

pytestmark = pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning")
ROOT = "/apis/v2beta1"
REPOSITORY = Path(__file__).resolve().parents[3]
SCRIPT = 'echo "$0" >> "$1"; sleep "$3"; printf "%s" "$0$4" > "$2"'
# The first step leaves a file in the run's workspace, the others that get it want it to be there.
SHARED = 'if test "$0" = first; then touch "$5/file"; elif test "$5"; then test -e "$5/file" || exit 1; fi'


@dsl.container_component
def step(name: str, log: str, said: dsl.OutputPath(str), seconds: str = "0", more: str = "", folder: str = ""):
    """Notes its name in `log`, which counts how often it ran."""
    command = ["sh", "-c", f"{SHARED}; {SCRIPT}"]
    return dsl.ContainerSpec(image="any", command=command, args=[name, log, said, seconds, more, folder])


@dsl.container_component
def last(log: str, said: dsl.OutputPath(str), status: dsl.PipelineTaskFinalStatus):
    return dsl.ContainerSpec(image="any", command=["sh", "-c", SCRIPT], args=["last", log, said, "0", ""])


@dsl.pipeline
def inner(log: str) -> str:
    deep = step(name="deep", log=log)
    return step(name="deeper", log=log, more=deep.output).output


@dsl.pipeline(pipeline_config=dsl.PipelineConfig(workspace=dsl.WorkspaceConfig(size="1Mi")))
def phases(log: str) -> None:
    with dsl.ExitHandler(last(log=log)):
        first = step(name="first", log=log, seconds="0.1", folder=dsl.WORKSPACE_PATH_PLACEHOLDER)
        with dsl.ParallelFor(["a", "b"]) as item:
            step(name=item, log=log, more=first.output)
        below = inner(log=log)
        step(name="end", log=log, more=below.output, folder=dsl.WORKSPACE_PATH_PLACEHOLDER)


@dsl.pipeline
def endless(log: str) -> None:
    step(name="long", log=log, seconds="300")


RAN = {"first": 1, "a": 1, "b": 1, "deep": 1, "deeper": 1, "end": 1, "last": 1}


class Mortal:
    """A platform whose daemon is killed and started again, and runs on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "home").mkdir()
        self.moments = folder / "moments"
        extra = {"MOMENTS": str(self.moments), "MINIKF_WARM": "0", "PYTHONPATH": str(REPOSITORY)}
        self.daemon = DaemonProcess(
            folder / "home", controllers=True, extra=extra, module="tests.embedded.pipelines.killing"
        )
        self.specs = {one.name: compiled(one, folder) for one in (phases, endless)}
        self.wire: Wire

    async def start(self, kill_at: str = "") -> None:
        self.daemon.environment["KILL_AT"] = kill_at
        self.wire = await self.daemon.start()

    async def until_dead(self) -> None:
        async with asyncio.timeout(60):
            while self.daemon.process.poll() is None:
                await asyncio.sleep(0.02)
        assert self.daemon.process.returncode == -9, self.daemon.log.read_text()[-3000:]

    async def submit(self, name: str, pipeline: str = "phases") -> None:
        """Asks for a run; the daemon may die before it has answered."""
        parameters = {"parameters": {"log": str(self.log(name))}}
        spec, platform = self.specs[pipeline]
        documents = {"pipeline_spec": spec, "platform_spec": platform}
        body = {"display_name": name, "pipeline_spec": documents, "runtime_config": parameters}
        try:
            answer = await self.wire.ask("POST", f"{ROOT}/runs", body)
            assert answer.code == 200, answer.json
        except (OSError, asyncio.IncompleteReadError, ValueError):
            await self.until_dead()

    def log(self, name: str) -> Path:
        return self.folder / f"{name.replace(' ', '-')}.log"

    async def run(self, name: str) -> Any:
        """The run of this name with its tasks, None for none."""
        wanted = quote(f'{{"predicates": [{{"operation": "EQUALS", "key": "name", "string_value": "{name}"}}]}}')
        found = (await self.wire.ask("GET", f"{ROOT}/runs?filter={wanted}")).json["runs"]
        return (await self.wire.ask("GET", f"{ROOT}/runs/{found[0]['run_id']}")).json if found else None

    async def over(self, name: str) -> Any:
        async with asyncio.timeout(60):
            while (run := await self.run(name)) is None or run["state"] in ("PENDING", "RUNNING", "CANCELING"):
                assert run is not None, f"run {name} is gone"
                await asyncio.sleep(0.05)
        return run

    async def went_well(self, name: str, phase: str) -> None:
        run = await self.over(name)
        ran = Counter(self.log(name).read_text().split())
        assert (run["state"], ran) == ("SUCCEEDED", RAN), f"killed {phase}: {run.get('error')} {ran}"
        states = {task["display_name"]: task["state"] for task in run["run_details"]["task_details"]}
        assert set(states.values()) == {"SUCCEEDED"}, f"killed {phase}: {states}"
        places = list((self.folder / "home").glob(f"**/artifacts/{run['run_id']}/**/.parameters/said"))
        said = sorted(place.read_text() for place in places)
        assert said == ["afirst", "bfirst", "deep", "deeperdeep", "enddeeperdeep", "first", "last"], f"killed {phase}"
        claims = f"/api/v1/persistentvolumeclaims?labelSelector=pipeline%2Frunid%3D{run['run_id']}"
        async with asyncio.timeout(20):
            while (await self.wire.ask("GET", claims)).json["items"]:
                await asyncio.sleep(0.05)

    async def running(self, name: str, word: str) -> None:
        """Waits until a step of this name has begun."""
        async with asyncio.timeout(60):
            while not (self.log(name).exists() and word in self.log(name).read_text().split()):
                await asyncio.sleep(0.02)


@pytest_asyncio.fixture
async def mortal(tmp_path: Path) -> AsyncIterator[Mortal]:
    made = Mortal(tmp_path)
    yield made
    if made.daemon.process is not None and made.daemon.process.poll() is None:
        assert made.daemon.stop() == 0


async def killed(mortal: Mortal, moments: list[str]) -> None:
    """Kills a run of its own at each moment; the daemon that takes it up is the one that the next kill meets."""
    names: list[str] = []
    for number, moment in enumerate(moments):
        name = f"run {number}"
        await mortal.start(f"{name}: {moment}")
        await mortal.submit(name)
        await mortal.until_dead()
        names.append(name)
    await mortal.start()
    for name, moment in zip(names, moments, strict=True):
        if moment == "before run PENDING":
            assert await mortal.run(name) is None
        else:
            await mortal.went_well(name, moment)


async def test_a_run_goes_on_from_its_last_finished_step(mortal: Mortal) -> None:
    await killed(mortal, ["within move exit-handler-1/inner/step", "after move exit-handler-1/for-loop-3[1]/step-2"])


@pytest.mark.slow
async def test_a_cancel_goes_on_and_ends_the_step(mortal: Mortal) -> None:
    await mortal.start("stopped: after run CANCELING")
    await mortal.submit("stopped", "endless")
    await mortal.running("stopped", "long")
    run = await mortal.run("stopped")
    with pytest.raises((OSError, asyncio.IncompleteReadError, ValueError)):
        await mortal.wire.ask("POST", f"{ROOT}/runs/{run['run_id']}:terminate")
    await mortal.until_dead()
    await mortal.start()
    assert (await mortal.over("stopped"))["state"] == "CANCELED"
    pods = (await mortal.wire.ask("GET", f"/api/v1/pods?labelSelector=pipeline%2Frunid%3D{run['run_id']}")).json
    assert not pods["items"]


@pytest.mark.slow
async def test_every_moment_of_a_run(mortal: Mortal) -> None:
    """The moments are those that an undisturbed run passes; a kill while a step runs is one more for each step."""
    await mortal.start()
    await mortal.submit("whole")
    await mortal.went_well("whole", "never")
    passed = mortal.moments.read_text().splitlines()
    moments = list(dict.fromkeys(line.removeprefix("whole: ") for line in passed))
    assert mortal.daemon.stop() == 0
    print(f"{len(moments)} moments")
    assert len(moments) > 60
    await killed(mortal, moments)
    for word in ("first", "b", "deeper", "last"):
        name = f"during {word}"
        await mortal.submit(name)
        await mortal.running(name, word)
        mortal.daemon.kill()
        await mortal.start()
        await mortal.went_well(name, name)

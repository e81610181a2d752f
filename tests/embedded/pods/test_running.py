"""What a pod's containers do, and what its status says of it."""

from __future__ import annotations

from tests.embedded.pods.world import World, pod


async def test_a_command_runs_to_its_end(world: World) -> None:
    state, log = await world.run(pod("a", "sh", "-c", "echo hello; echo oops >&2"))
    assert (state["exitCode"], state["reason"], log) == (0, "Completed", b"hello\noops\n")
    status = world.status("a")
    assert status["phase"] == "Succeeded"
    assert (status["podIP"], status["qosClass"]) == ("127.0.0.1", "BestEffort")
    conditions = {one["type"]: (one["status"], one.get("reason")) for one in status["conditions"]}
    assert conditions["Ready"] == ("False", "PodCompleted")
    assert conditions["PodScheduled"] == ("True", None)

"""What Open MPI 4 and 5 are told for ranks that all run on one machine.

Names: `ompi_info --all`, `prte_info --all` and `pmix_info --all` of Open MPI 4.1.8 and 5.0.11. What a user has set
stays.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from minikf.embedded.forkserver.shims.place import CONTAINER_DIR

# Trainer's MPI plugin sets it; Open MPI 5 reads it under another name only.
HOSTFILE = "OMPI_MCA_orte_default_hostfile"
_HOSTFILE_5 = "PRTE_MCA_prte_default_hostfile"

_ALWAYS = {
    # In a container root is nobody in particular; here it is who started the platform, and knows.
    "OMPI_ALLOW_RUN_AS_ROOT": "1",
    "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    # Ranks talk through shared memory: no rank listens on any network.
    "OMPI_MCA_pml": "ob1",
    "OMPI_MCA_btl": "^tcp,ofi,uct,openib",
    # More ranks than processors is the usual case, and other jobs run beside them.
    "OMPI_MCA_hwloc_base_binding_policy": "none",
    "PRTE_MCA_hwloc_default_binding_policy": "none",
    "OMPI_MCA_mpi_yield_when_idle": "1",
}
# Where shared memory and session files lie: with the pod they go, also when it is killed.
_FOLDERS = (
    "OMPI_MCA_orte_tmpdir_base",
    "PRTE_MCA_prte_tmpdir_base",
    "OMPI_MCA_btl_vader_backing_directory",
    "OMPI_MCA_btl_sm_backing_directory",
    "OMPI_MCA_osc_sm_backing_directory",
    "OMPI_MCA_osc_rdma_backing_directory",
)


def on_one_machine(env: Mapping[str, str], launcher: str) -> dict[str, str]:
    """The environment of mpirun, which lies at `launcher`, from that of its container."""
    told = dict(_ALWAYS)
    if env.get(HOSTFILE):
        told[_HOSTFILE_5] = env[HOSTFILE]
    if env.get(CONTAINER_DIR):
        told |= dict.fromkeys(_FOLDERS, env[CONTAINER_DIR])
    return {**told, **env, **_libraries(env, Path(launcher))}


def _libraries(env: Mapping[str, str], launcher: Path) -> dict[str, str]:
    """For a wheel's Open MPI: mpi4py may lie in another environment than it, and looks in its own only."""
    folder = launcher.resolve().parent.parent / "lib"
    if not any(folder.glob("libmpi.so*")):
        return {}
    return {"LD_LIBRARY_PATH": os.pathsep.join(filter(None, [str(folder), env.get("LD_LIBRARY_PATH")]))}

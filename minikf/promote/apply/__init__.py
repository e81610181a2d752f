"""Puts a promotion into its target, and takes it back: inventory, waves, waiting, the way back, drift and receipt."""

from minikf.promote.apply.drift import Drifted, drift
from minikf.promote.apply.errors import ApplyFailed, NotTaken, Residue, ReturnIncomplete, VerifyFailed
from minikf.promote.apply.intended import MANAGER, PROTECTED, Artifact, Intended, new_run
from minikf.promote.apply.run import Outcome, promote, rehearse, resume
from minikf.promote.apply.runs import Promotions, RunFiles, all_promotions
from minikf.promote.apply.steps import Action, Proof, Step
from minikf.promote.apply.undo import Undone, undo
from minikf.promote.apply.waves import waves

__all__ = [
    "MANAGER",
    "PROTECTED",
    "Action",
    "ApplyFailed",
    "Artifact",
    "Drifted",
    "Intended",
    "NotTaken",
    "Outcome",
    "Promotions",
    "Proof",
    "Residue",
    "ReturnIncomplete",
    "RunFiles",
    "Step",
    "Undone",
    "VerifyFailed",
    "all_promotions",
    "drift",
    "new_run",
    "promote",
    "rehearse",
    "resume",
    "undo",
    "waves",
]

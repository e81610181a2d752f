"""What JobSet's controller decides, for the Jobs of one TrainJob. Rules: kubernetes-sigs/jobset v0.10.1.

The kind JobSet itself is outside the embedded engine's subset (see docs/design/0005), so a JobSet is a value in memory
here: built from a TrainJob and its runtime on each look, never stored.
"""

from minikf.embedded.controllers.jobset.plan import JobSetPlan, plan_jobset

__all__ = ["JobSetPlan", "plan_jobset"]

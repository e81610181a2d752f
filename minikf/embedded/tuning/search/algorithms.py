"""Every algorithm with its settings: what users may write, checked here and printed in the documentation."""

from __future__ import annotations

from collections.abc import Mapping

from minikf.embedded.tuning.search.settings import SEED, Algorithm, Setting, between, one_of, text, whole

_STARTUP = Setting(whole(0), "how many random trials come first", "10")
_CANDIDATES = Setting(whole(1), "how many candidates each suggestion is the best of", "24")
_INNER = "kept by the search itself in the status of the Suggestion; not for users"
_PLACE = ("s_max", "b_l", "r", "n", "current_s", "current_i", "evaluating_trials")  # hyperband's
_CLUSTER = "it runs on an engine with containers: `minikf up --engine k3d`, or kind, or context"

MEDIAN_STOP: Mapping[str, Setting] = {
    "min_trials_required": Setting(whole(1), "how many trials must have succeeded before any is stopped", "3"),
    "start_step": Setting(whole(1), "how many reports a trial may always make", "4"),
}

ALGORITHMS: Mapping[str, Algorithm] = {
    "random": Algorithm("draws every parameter from its distribution", {"random_state": SEED}),
    "grid": Algorithm(
        "tries all combinations once, in random order; doubles need a step, and maxTrialCount may not be more than "
        "there are combinations",
        {"random_state": SEED},
    ),
    "tpe": Algorithm(
        "Tree-structured Parzen Estimator (Optuna), each parameter for itself; running trials count as bad ones",
        {
            "n_startup_trials": _STARTUP,
            "n_ei_candidates": _CANDIDATES,
            "n_EI_candidates": Setting(whole(1), "Katib's older name of n_ei_candidates", "24"),
            "gamma": Setting(
                between(0, 1, open_ends=True),
                "of n trials, the best gamma times the square root of n (at most 25) count as good ones",
                "a tenth of n, at most 25",
            ),
            "prior_weight": Setting(
                between(0, float("inf"), open_ends=True), "how much the parameters' own distribution weighs", "1.0"
            ),
            "random_state": SEED,
        },
    ),
    "multivariate-tpe": Algorithm(
        "Tree-structured Parzen Estimator (Optuna), all parameters together; running trials count as bad ones",
        {"n_startup_trials": _STARTUP, "n_ei_candidates": _CANDIDATES, "random_state": SEED},
    ),
    "cmaes": Algorithm(
        "Covariance Matrix Adaptation Evolution Strategy over doubles and ints, at least two; choices are drawn",
        {
            "restart_strategy": Setting(
                one_of("none", "None", "ipop", "bipop"),
                "what happens when the search has converged: nothing, a restart with twice the population, or "
                "restarts with large and small populations by turns",
                "none",
            ),
            "sigma": Setting(
                between(0, float("inf"), open_ends=True),
                "the first step's size as a share of each parameter's range",
                "1/6",
            ),
            "random_state": SEED,
        },
    ),
    "sobol": Algorithm("a scrambled Sobol sequence, which fills the space evenly", {"random_state": SEED}),
    "bayesianoptimization": Algorithm(
        "a regression model of the objective, and the point that an acquisition function thinks best",
        {
            "base_estimator": Setting(
                one_of("GP", "RF", "ET", "GBRT"),
                "Gaussian process, random forest, extra trees or gradient boosted trees",
                "GP",
            ),
            "n_initial_points": Setting(whole(0), "how many evenly spread trials come first", "10"),
            "acq_func": Setting(
                one_of("gp_hedge", "LCB", "EI", "PI", "EIps", "PIps"),
                "lower confidence bound, expected improvement, probability of improvement, or one of these three, "
                "chosen anew each time by what the model expects of it",
                "gp_hedge",
            ),
            "acq_optimizer": Setting(
                one_of("auto", "sampling", "lbfgs"),
                "how its best point is sought: among samples only, or from the best ones downhill; auto is lbfgs "
                "for GP and sampling for trees",
                "auto",
            ),
            "random_state": SEED,
        },
    ),
    "hyperband": Algorithm(
        "successive halving in brackets: many trials with little of a resource, the best ones again with more of it",
        {
            "r_l": Setting(
                between(0, float("inf"), open_ends=True), "the most of the resource that a trial gets", required=True
            ),
            "resource_name": Setting(text, "the parameter that is the resource, e.g. epochs", required=True),
            "eta": Setting(between(2, float("inf")), "of how many trials one goes on, with this much more", "3"),
            "random_state": SEED,
            **{name: Setting(text, _INNER, inner=True) for name in _PLACE},
        },
    ),
    "pbt": Algorithm(
        "Population Based Training: trials go on from their parents' checkpoints with changed parameters; doubles "
        "need a step",
        {
            "suggestion_trial_dir": Setting(text, "the folder where a trial finds its checkpoints", required=True),
            "n_population": Setting(whole(5), "how many trials make a generation, at least 5", required=True),
            "truncation_threshold": Setting(
                between(0, 1), "the share of a generation that is replaced by its best ones", required=True
            ),
            "resample_probability": Setting(
                between(0, 1), "how often a parameter is drawn anew", "never: values are changed by a fifth"
            ),
            "random_state": SEED,
        },
    ),
    "enas": Algorithm(
        "Efficient Neural Architecture Search",
        {},
        "its controller is a network of its own in Katib's TensorFlow image, which builds networks that only Katib's "
        f"ENAS trial images can read; {_CLUSTER}",
    ),
    "darts": Algorithm(
        "Differentiable Architecture Search",
        {},
        "the search itself happens in the one trial it makes, in Katib's DARTS trial image, which needs PyTorch and "
        f"is meant for a GPU; {_CLUSTER}",
    ),
}

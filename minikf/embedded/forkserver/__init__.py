"""Starts processes for pods, outlives the daemon and writes down how they ended.

One program, three roles: `launcher` starts any program by fork and exec; `warm` has imported heavy modules and forks
Python code from itself; `pool` does the same with pre-imported single-use interpreters where fork is unsafe (macOS).

The modules that the launcher and the shims load import neither typing nor dataclasses nor pathlib: each costs
megabytes or milliseconds there.
"""

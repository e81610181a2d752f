"""Runs of pipelines as data: the graph of a run with what each step takes and gives, and what two runs differ in."""

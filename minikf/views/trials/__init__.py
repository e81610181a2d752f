"""Experiments and their trials as data, and the best trial as a job."""

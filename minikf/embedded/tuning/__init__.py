"""Tuning: Katib's Experiments, Suggestions and Trials on the embedded engine."""

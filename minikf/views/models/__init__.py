"""Registered models, the services that serve them, how they answer, and the way back to an earlier one."""

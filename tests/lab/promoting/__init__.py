"""Promotions into a real API server, by a user who has rights in one namespace only."""

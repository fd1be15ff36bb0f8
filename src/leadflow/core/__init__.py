"""Decide about leads: pure functions over frozen values, the same answer for the same input."""

"""Measurements of a whole installation: our figures beside floor and ceiling of the same run."""

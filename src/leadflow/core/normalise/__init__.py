"""Bring what people type into one form: a value, or `Wrong` with what was seen."""

"""Speak HTTP: the doors for machines."""

from leadflow.api.application import build

__all__ = ["build"]

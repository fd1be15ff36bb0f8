"""Run leadflow from a terminal."""

from leadflow.cli.entry import main

__all__ = ["main"]

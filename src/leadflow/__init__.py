"""Route every lead to exactly one owner, and say why."""

__version__ = "0.1.0"

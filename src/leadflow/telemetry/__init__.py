"""Report what happens: logs, metrics and traces."""

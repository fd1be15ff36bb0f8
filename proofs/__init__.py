"""Prove under crashes that ownership is exact: `python -m proofs`."""

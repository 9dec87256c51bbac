"""Faults that a test plans: which requests fail or wait, and how; no record of calls."""

"""Calls that reached a mock: their record, how they are shown, assertions; no plans."""

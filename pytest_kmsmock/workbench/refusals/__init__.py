"""Errors that a test expects: known by their code, whichever client raised them; no plans."""

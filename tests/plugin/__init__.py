"""Tests of the public face; the rooms below are those of the package, and its neighbours."""

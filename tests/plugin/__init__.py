"""Tests of the public face and of the interception, all through real clients."""

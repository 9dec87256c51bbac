"""Key material, a module per kind of key, and how one is made; no primitive of its own."""

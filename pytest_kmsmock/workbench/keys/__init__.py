"""Keys, ciphertexts and snapshots that a test gives or takes; KMS makes them, not this room."""

"""What a test does with a mock besides calling KMS, a module per subject."""

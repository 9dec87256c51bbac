"""The engine: an in-memory KMS behind one method; no pytest, no hooks of botocore."""

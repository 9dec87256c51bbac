"""Nitro Enclaves: attestation documents and what is encrypted for them; no key of KMS."""

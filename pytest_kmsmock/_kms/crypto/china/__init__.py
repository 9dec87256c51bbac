"""The primitives of the China Regions, SM2 to SM4, on their own; no key of KMS."""

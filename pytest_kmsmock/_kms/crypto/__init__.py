"""The cryptography of AWS KMS: key specs, key material, ciphertext shapes."""

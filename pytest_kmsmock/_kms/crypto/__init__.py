"""The cryptography of KMS: specs, materials, ciphertext shapes; nothing of keys' lives."""

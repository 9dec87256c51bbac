"""The wire: the description of KMS, JSON, validation, headers, errors; no meaning of them."""

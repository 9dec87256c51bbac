"""The wire: botocore's service model, JSON, validation, headers and error bodies."""

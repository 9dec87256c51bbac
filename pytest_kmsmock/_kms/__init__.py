"""The engine: an in-memory AWS KMS that knows neither pytest nor botocore's events. Private."""

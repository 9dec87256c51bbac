"""The wire layer against botocore's own model, serializer and parsers."""

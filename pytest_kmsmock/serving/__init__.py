"""This KMS for other processes, over HTTP; nothing here knows how botocore's calls are caught."""

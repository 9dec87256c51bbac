"""How a call is caught and answered, on botocore's side, sync and async."""

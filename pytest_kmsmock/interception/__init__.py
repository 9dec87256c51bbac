"""How a call is caught and answered on botocore's side; what KMS answers is the engine's."""

"""What a test does with a mock besides calling KMS; how calls are caught is interception's."""

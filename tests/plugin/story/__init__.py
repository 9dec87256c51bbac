"""What a failing test tells about its KMS calls."""

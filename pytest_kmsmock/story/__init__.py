"""What a failing test tells about its KMS calls; nothing here changes a call or an error."""

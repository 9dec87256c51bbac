"""KMS beside software that nobody here wrote: what one makes, the other must understand."""

"""Files that mypy and pyright check, as they would check our users' tests; nothing runs them."""

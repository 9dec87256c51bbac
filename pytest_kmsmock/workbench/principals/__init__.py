"""Who makes the requests: users, roles, services and accounts that a test declares."""

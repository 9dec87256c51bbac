"""What one mock holds: accounts, Regions, keys, aliases, time."""

"""What one mock holds: accounts, Regions, keys, aliases, time; no rule of a request."""

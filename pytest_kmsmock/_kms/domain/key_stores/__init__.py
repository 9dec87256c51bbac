"""Custom key stores as KMS holds them, and what stands behind them; no rule of a request."""

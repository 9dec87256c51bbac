"""Handles on custom key stores and what stands behind them; the engine holds the stores."""

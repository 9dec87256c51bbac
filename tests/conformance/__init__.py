"""Tests over the data: AWS's tables, the service model, recorded messages, our own pages."""

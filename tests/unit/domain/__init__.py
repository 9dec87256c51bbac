"""The world of one mock, where a client sees it only from afar."""

"""Long random walks against small models of KMS."""

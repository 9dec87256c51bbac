"""Key policies as documents, beyond what a client could reach in reasonable time."""

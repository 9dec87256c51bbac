"""The cryptography against published vectors, independent implementations and its own promises."""

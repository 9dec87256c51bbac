"""As the room of the same name in the engine."""

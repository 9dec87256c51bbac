"""What AWS allows, declared: operations, key states, requirements."""

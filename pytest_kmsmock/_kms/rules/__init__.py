"""What AWS allows, declared: operations, key states, requirements; no state of its own."""

"""Every operation through a real client, family by family."""

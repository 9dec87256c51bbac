"""Who may do what: decisions, their wording and their reasons."""

"""Who may: key policies and the decision."""

"""Who may: principals, policies and the decision; nothing of how a request is served."""

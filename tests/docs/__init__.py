"""Do the pages tell the truth? Each of their examples is run."""

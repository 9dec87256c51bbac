"""How fast we are, beside moto and the floor of what a botocore hook can cost, in one run."""

"""What the books rest on: rules in force, people and units, and what needs two of them."""

"""What the bank decides on what a firm asks for, why, and what would make it more."""

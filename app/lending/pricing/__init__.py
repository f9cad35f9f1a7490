"""What a loan costs: its price from its terms, each with where it comes from."""

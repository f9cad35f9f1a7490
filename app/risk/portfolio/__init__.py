"""What the bank would best lend, per core, firm and product, under all its caps at once."""

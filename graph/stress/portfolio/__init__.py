"""What to lend whom under all caps at once, and what one more fen of a cap would earn."""

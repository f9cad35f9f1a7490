"""What travels over a network: losses of production, equity and payments, credit, proximity."""

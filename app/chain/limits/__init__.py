"""What a firm may borrow in a chain, with the derivation of every figure."""

"""What the bank has lent or promised, by core, firm, group, sector and product, beside its caps."""

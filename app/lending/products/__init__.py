"""What the bank lends: products as dated files, and their budgets as accounts of the book."""

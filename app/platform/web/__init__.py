"""What every page shares: words in two languages, money, pictures, templates, styles."""

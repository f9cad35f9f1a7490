"""Tables in files named after them."""

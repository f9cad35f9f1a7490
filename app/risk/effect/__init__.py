"""What a loan that is asked for would do to the bank, before anybody decides on it."""

"""Pages of a firm that borrows: asking, its applications, its loans, and when money moves."""

"""What happens to everybody else when firms close: production, orders and payments, in fen."""

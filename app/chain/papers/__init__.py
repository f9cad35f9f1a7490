"""Pages of documents: receivables and vouchers, as cores, firms and the bank work with them."""

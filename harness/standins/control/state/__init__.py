"""Records that control keeps, and the one lock over them."""

"""Hand leads to their owners: a message out, a receipt back."""

"""Walk leads from intake to delivery: the shell that waits, so that the core need not."""

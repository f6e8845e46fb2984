"""What people read of a plan: the architecture picture."""

"""What people read about a plan: comments, pages, pictures and plots. Nothing here asks a cloud."""

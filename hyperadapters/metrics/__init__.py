"""What scores translations and tags."""

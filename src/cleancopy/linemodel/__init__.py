"""What learned models say of lines and of pages."""

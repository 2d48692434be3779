"""What is sent by itself."""

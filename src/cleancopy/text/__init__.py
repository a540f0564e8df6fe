"""What is known about characters, lines and blocks, before anybody asks what they are for."""

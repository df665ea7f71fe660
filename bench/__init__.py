"""What Comity costs, and what the same job costs when it is written another way."""

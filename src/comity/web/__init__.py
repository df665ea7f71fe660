"""What outside agencies reach: the signed gateway, and the client that speaks to it."""

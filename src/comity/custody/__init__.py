"""The jail door: papers as they arrive, the six custody acts, clocks, duties, letters."""

"""Alert channels: one file for each way to reach staff outside the console, behind one method."""

"""What is kept, for how long and why. No column of this package can hold words of a conversation."""

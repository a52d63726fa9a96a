"""What must not go unseen: screening of messages, alerts and the ways they reach on-call staff."""

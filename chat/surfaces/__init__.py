"""What browsers reach: pages, sign-in, health, and the sockets of seekers and of the team."""

"""Who talks to whom: the waiting room, desks, offers and pairings."""

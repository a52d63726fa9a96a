"""What people say in a benchmark: ordinary sentences of a conversation, of ordinary lengths."""

from typing import Final

SENTENCES: Final = (
    "Hi, thanks for taking the time tonight.",
    "Of course. What brings you here this evening?",
    "I moved here in September and I still do not really know anybody on my floor.",
    "That sounds lonely. How have the first weeks been for you?",
    "The lectures are fine, it is the evenings that feel very long.",
    "ok",
    "I keep thinking everyone else found their people in the first week and I missed it somehow.",
    "A lot of people tell us that, even if nobody says it in the kitchen.",
    "My mum calls every Sunday and I tell her everything is great.",
    "What would you like to tell her, if it were easy?",
    "Probably that I am tired and that I want to come home for a weekend, but the train is expensive.",
    "Is there somebody on your course you have talked with, even for a minute?",
    "There is one girl in the lab group, we laughed about the broken centrifuge last Tuesday, that was nice.",
    "Maybe that is a beginning.",
    "Maybe yes. I could ask her whether she wants to get coffee after the next session.",
    "How does it feel to imagine that?",
)
"""None of them signals anything that screening would tell somebody about."""

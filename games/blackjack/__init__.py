"""Blackjack as a pure core: decide what happens, evolve what it means, view what a watcher may see."""

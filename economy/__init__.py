"""Money: ledger, syndicates and the dividend lane."""

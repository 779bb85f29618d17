"""What leaves the flow: budgets, groups that must fill, opening costs, unequal places."""

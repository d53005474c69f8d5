"""How wrong forecasts turned out to be: predictions joined to actuals, against limits."""

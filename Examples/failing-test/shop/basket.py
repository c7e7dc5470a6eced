"""Prices a basket of goods."""


def total(prices, discount=0):
    """The sum of the prices, less a discount in percent."""
    amount = sum(prices)
    return amount + amount * discount / 100

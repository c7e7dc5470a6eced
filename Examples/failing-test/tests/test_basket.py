import unittest

from shop.basket import total


class TotalTest(unittest.TestCase):
    def test_sum(self):
        self.assertEqual(total([1, 2, 3]), 6)

    def test_discount_lowers_the_total(self):
        self.assertEqual(total([50, 50], discount=10), 90)


if __name__ == "__main__":
    unittest.main()

package enum Warm {}

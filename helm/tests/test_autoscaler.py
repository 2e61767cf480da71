"""The played autoscaler decides as Kubernetes does, by the chart's own behaviour."""

import unittest

from scaling import Autoscaler, chart


class Decisions(unittest.TestCase):
    def setUp(self):
        self.scaler = Autoscaler(chart())

    def test_the_trigger_that_asks_for_most_is_heard_as_far_as_may_be(self):
        self.assertEqual(self.scaler.decide({"due": 2, "age": 3}, 0, 2), 3)
        self.assertEqual(self.scaler.decide({"due": 99, "age": 0}, 15, 3), 6, "twice as many at once")
        self.assertEqual(self.scaler.decide({"due": 99, "age": 0}, 30, 6), 8, "no more than maxReplicas")

    def test_one_pod_grows_by_two_at_once(self):
        self.assertEqual(self.scaler.decide({"due": 9}, 0, 1), 3)

    def test_fewer_run_once_the_need_for_fewer_has_lasted_one_by_one(self):
        self.assertEqual(self.scaler.decide({"due": 4}, 100, 4), 4)
        self.assertEqual(self.scaler.decide({"due": 0}, 115, 4), 4, "it was needed a moment ago")
        self.assertEqual(self.scaler.decide({"due": 0}, 131, 4), 3)
        self.assertEqual(self.scaler.decide({"due": 0}, 146, 3), 3, "a pod a minute")
        self.assertEqual(self.scaler.decide({"due": 0}, 192, 3), 2)
        self.assertEqual(self.scaler.decide({"due": 0}, 260, 1), 1, "never fewer than minReplicas")


if __name__ == "__main__":
    unittest.main()

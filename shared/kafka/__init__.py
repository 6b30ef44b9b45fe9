"""Everything that touches Kafka: one way to publish, one to subscribe, one to follow a table."""

from shared.kafka.followers import TopicFollower
from shared.kafka.publisher import Publisher
from shared.kafka.subscribers import Batch, Received, subscribe

__all__ = ["Batch", "Publisher", "Received", "TopicFollower", "subscribe"]

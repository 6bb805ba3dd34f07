package io.llamamesh.agent.fabric;

import io.llamamesh.fabric.multicast.Delivery;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;

/** Takers of multicast messages by topic. Any thread may subscribe; the fabric's delivers. */
final class TopicSubscriptions implements Consumer<Delivery> {

  private final List<Subscriber> subscribers = new CopyOnWriteArrayList<>();

  /** A subscription; no other one is equal to it. */
  private static final class Subscriber {
    private final String topic;
    private final Consumer<Delivery> taker;

    Subscriber(String topic, Consumer<Delivery> taker) {
      this.topic = topic;
      this.taker = taker;
    }
  }

  /** Subscribes until what is returned is closed. */
  Runnable add(String topic, Consumer<Delivery> taker) {
    Subscriber added = new Subscriber(topic, taker);
    subscribers.add(added);
    return () -> subscribers.remove(added);
  }

  @Override
  public void accept(Delivery delivery) {
    for (Subscriber subscriber : subscribers) {
      if (subscriber.topic.equals(delivery.topic())) {
        subscriber.taker.accept(delivery);
      }
    }
  }
}

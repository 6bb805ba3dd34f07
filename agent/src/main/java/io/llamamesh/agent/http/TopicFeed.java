package io.llamamesh.agent.http;

import io.llamamesh.fabric.multicast.Delivery;
import io.llamamesh.results.ResultsJson;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Documents of one watch of a topic: a message each. Of what a slow reader does not take the oldest
 * are dropped, and the next document says how many.
 */
final class TopicFeed implements SharedStateApi.Watch, Consumer<Delivery> {

  private static final int MAX_WAITING = 256;
  private static final int MAX_BYTES = 512 << 10;

  private final String topic;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition arrived = lock.newCondition();
  private final ArrayDeque<Delivery> waiting = new ArrayDeque<>();
  private int bytes;
  private long missed;
  private Runnable end = () -> {};

  TopicFeed(String topic) {
    this.topic = topic;
  }

  void begin(Runnable ending) {
    end = ending;
  }

  /** The document before those of messages: who has it misses none that is sent later. */
  @Override
  public byte[] first() throws IOException {
    return ResultsJson.mapper().writeValueAsBytes(Map.of("watching", topic));
  }

  @Override
  public void accept(Delivery delivery) {
    lock.lock();
    try {
      waiting.add(delivery);
      bytes += delivery.payload().length;
      while (waiting.size() > MAX_WAITING || bytes > MAX_BYTES) {
        bytes -= waiting.remove().payload().length;
        missed++;
      }
      arrived.signal();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public byte @Nullable [] next(Duration patience) throws IOException, InterruptedException {
    Delivery next;
    long before;
    lock.lock();
    try {
      long left = TimeUnit.NANOSECONDS.convert(patience);
      while (waiting.isEmpty() && left > 0) {
        left = arrived.awaitNanos(left);
      }
      next = waiting.poll();
      if (next == null) {
        return null;
      }
      bytes -= next.payload().length;
      before = missed;
      missed = 0;
    } finally {
      lock.unlock();
    }
    return document(next, before);
  }

  private static byte[] document(Delivery delivery, long missed) throws IOException {
    Map<String, Object> body = new LinkedHashMap<>();
    body.put("origin", delivery.id().origin());
    body.put("life", delivery.id().life());
    body.put("sequence", delivery.id().sequence());
    body.put("hops", delivery.hops());
    if (!delivery.route().isEmpty()) {
      body.put("route", delivery.route());
    }
    if (missed > 0) {
      body.put("missed", missed);
    }
    try {
      body.put(
          "text",
          StandardCharsets.UTF_8
              .newDecoder()
              .decode(ByteBuffer.wrap(delivery.payload()))
              .toString());
    } catch (CharacterCodingException e) {
      body.put("base64", delivery.payload());
    }
    return ResultsJson.mapper().writeValueAsBytes(body);
  }

  @Override
  public void close() {
    end.run();
  }
}

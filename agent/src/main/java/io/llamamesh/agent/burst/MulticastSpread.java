package io.llamamesh.agent.burst;

import io.llamamesh.agent.fabric.FabricServices;
import io.llamamesh.fabric.Fabric;
import io.llamamesh.fabric.Member;
import io.llamamesh.fabric.MemberState;
import io.llamamesh.fabric.multicast.Delivery;
import io.llamamesh.fabric.multicast.MulticastOptions;
import io.llamamesh.fabric.transport.FabricNode;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Way to the other agents by multicast. Messages of others are taken over on the fabric's thread
 * and handled on one of this object's own, which {@link #close} ends; what waits is bounded, and
 * dropped beyond.
 */
public final class MulticastSpread implements BurstSpread, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(MulticastSpread.class);

  /** Bytes of messages that wait: the answers of some 1,000 agents. */
  private static final int MAX_WAITING_BYTES = 4 << 20;

  private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(5);

  /** States of members that are not expected to answer: they are known to be away. */
  private static final Set<MemberState> AWAY =
      EnumSet.of(MemberState.LEFT, MemberState.ABSENT, MemberState.FORGOTTEN);

  private final FabricServices services;
  private final Supplier<@Nullable FabricNode> node;
  private final Object lock = new Object();
  private final ArrayDeque<Delivery> waiting = new ArrayDeque<>();
  private int waitingBytes;
  private long dropped;
  private boolean closed;
  private @Nullable Runnable unsubscribe;
  private @Nullable Thread thread;

  /**
   * A way that takes nothing over until it is started.
   *
   * @param node the fabric's node; null while that is off
   */
  public MulticastSpread(FabricServices services, Supplier<@Nullable FabricNode> node) {
    this.services = services;
    this.node = node;
  }

  /**
   * Hands on others' messages from now on.
   *
   * @param taker gets the sender's name and the message
   */
  public void start(BiConsumer<String, byte[]> taker) {
    synchronized (lock) {
      thread = Thread.ofVirtual().name("burst-messages").start(() -> handle(taker));
      unsubscribe = services.subscribe(Bursts.TOPIC, this::take);
    }
  }

  private void take(Delivery delivery) {
    synchronized (lock) {
      if (closed || waitingBytes + delivery.payload().length > MAX_WAITING_BYTES) {
        dropped++;
        return;
      }
      waiting.add(delivery);
      waitingBytes += delivery.payload().length;
      lock.notifyAll();
    }
  }

  private void handle(BiConsumer<String, byte[]> taker) {
    try {
      for (Delivery next = next(); next != null; next = next()) {
        try {
          taker.accept(next.id().origin(), next.payload());
        } catch (RuntimeException e) {
          LOG.error("burst message failed origin={}", next.id().origin(), e);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Waits for a message; null when there will be none. */
  private @Nullable Delivery next() throws InterruptedException {
    synchronized (lock) {
      while (waiting.isEmpty() && !closed) {
        lock.wait();
      }
      Delivery next = closed ? null : waiting.poll();
      if (next != null) {
        waitingBytes -= next.payload().length;
      }
      return next;
    }
  }

  @Override
  public Optional<Collection<String>> others() {
    FabricNode now = node.get();
    if (now == null) {
      return Optional.of(List.of());
    }
    try {
      return Optional.of(now.ask(MulticastSpread::present));
    } catch (TimeoutException e) {
      LOG.warn("fabric does not name its members error={}", e.toString());
      return Optional.empty();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.empty();
    }
  }

  /** Returns whether a node of that name is known, whatever its state. */
  public boolean isMember(String name) {
    FabricNode now = node.get();
    try {
      return now != null
          && now.ask(fabric -> name.equals(fabric.self().name()) || fabric.state(name) != null);
    } catch (TimeoutException e) {
      LOG.warn("fabric does not name its members error={}", e.toString());
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private static List<String> present(Fabric fabric) {
    return fabric.members().stream()
        .filter(member -> !AWAY.contains(member.state()))
        .map(Member::name)
        .filter(name -> !name.equals(fabric.self().name()))
        .toList();
  }

  @Override
  public boolean trySend(byte[] message, Set<String> onlyNodes) {
    try {
      var _ =
          services.multicast(
              Bursts.TOPIC, message, MulticastOptions.DEFAULT.withOnlyNodes(onlyNodes));
      return true;
    } catch (TimeoutException | IllegalArgumentException e) {
      LOG.warn("burst message not sent error={}", e.toString());
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** Messages of others that were dropped since too many waited. */
  public long dropped() {
    synchronized (lock) {
      return dropped;
    }
  }

  @Override
  public void close() {
    Thread running;
    synchronized (lock) {
      closed = true;
      if (unsubscribe != null) {
        unsubscribe.run();
      }
      running = thread;
      lock.notifyAll();
    }
    try {
      if (running != null && !running.join(CLOSE_TIMEOUT)) {
        LOG.warn("burst messages' thread does not end");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

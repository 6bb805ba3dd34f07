package io.llamamesh.agent.fabric;

import io.llamamesh.fabric.crdt.Operation;
import io.llamamesh.fabric.multicast.Delivery;
import io.llamamesh.fabric.multicast.MessageId;
import io.llamamesh.fabric.multicast.MulticastOptions;
import io.llamamesh.fabric.store.Change;
import io.llamamesh.fabric.store.Key;
import io.llamamesh.fabric.store.KeyPattern;
import io.llamamesh.fabric.store.Result;
import io.llamamesh.fabric.store.StoreService;
import io.llamamesh.fabric.store.Value;
import io.llamamesh.fabric.transport.FabricNode;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Multicast and the replicated store as other parts of the agent use them, from any thread. Topics
 * stay subscribed when the fabric is turned off and on again; a {@link StoreService.Watch} does
 * not.
 *
 * <p>Every call but {@link #subscribe} throws {@link TimeoutException} while the fabric is off or
 * cannot answer; the message says why, for people. All are bounded: messages and questions by the
 * node (64 waiting, 2 s), operations by the store (32 waiting).
 */
public final class FabricServices {

  /** Longest wait of {@link #operate} for the disk. */
  private static final long OPERATION_TIMEOUT_MILLIS = 10_000;

  private final Supplier<@Nullable FabricNode> node;
  private final BooleanSupplier configured;
  private final TopicSubscriptions topics;

  FabricServices(
      Supplier<@Nullable FabricNode> node, BooleanSupplier configured, TopicSubscriptions topics) {
    this.node = node;
    this.configured = configured;
    this.topics = topics;
  }

  /** Services of an agent without a fabric. */
  public static FabricServices off() {
    return new FabricServices(() -> null, () -> true, new TopicSubscriptions());
  }

  private FabricNode node() throws TimeoutException {
    FabricNode now = node.get();
    if (now == null) {
      throw new TimeoutException("the fabric is off on this agent");
    }
    return now;
  }

  /** This agent's name in the fabric; empty while that is off. */
  public Optional<String> self() {
    return Optional.ofNullable(node.get()).map(now -> now.self().name());
  }

  /** True while the fabric is on. */
  public boolean isOn() {
    return node.get() != null;
  }

  /** True once a config has said whether the fabric is on. */
  public boolean isConfigured() {
    return configured.getAsBoolean();
  }

  /**
   * Subscribes to a topic of multicast.
   *
   * @param taker called on the fabric's thread for each message: must return at once, not throw,
   *     and call nothing of this class, so it only leaves word for a thread of its own, with a
   *     bound
   * @return ends the subscription when it is run
   */
  public Runnable subscribe(String topic, Consumer<Delivery> taker) {
    return topics.add(topic, taker);
  }

  /**
   * Sends a message to other nodes; it is on its way when this returns, and may get lost.
   *
   * @param payload at most 64 KiB
   * @throws IllegalArgumentException when topic, payload or options are out of bounds
   */
  public MessageId multicast(String topic, byte[] payload, MulticastOptions options)
      throws TimeoutException, InterruptedException {
    return node().multicast(topic, payload, options);
  }

  /** A key's value, absent where there is none. */
  public Value get(Key key) throws TimeoutException, InterruptedException {
    return node().store().get(key);
  }

  /**
   * Keys of a pattern with their values, in order.
   *
   * @param after keys up to this one are left out, empty for none
   * @param max how many at most
   */
  public List<Change> list(KeyPattern pattern, String after, int max)
      throws TimeoutException, InterruptedException {
    return node().store().list(pattern, after, max);
  }

  /**
   * Does an operation on a key, and waits until it is on disk.
   *
   * @param version the value's version that the operation is meant for, null for any
   * @return its outcome; only {@link Result.Done} is done
   * @throws TimeoutException when the fabric is off; or when the disk does not answer in time, and
   *     then the operation may be done later all the same
   */
  public Result operate(Key key, Operation operation, @Nullable String version)
      throws TimeoutException, InterruptedException {
    return operate(key, operation, version, () -> {});
  }

  /**
   * The same, for an operation that takes memory worth counting.
   *
   * @param released called once when nothing holds the operation any more, which may be later than
   *     the answer; on any thread
   */
  public Result operate(Key key, Operation operation, @Nullable String version, Runnable released)
      throws TimeoutException, InterruptedException {
    CompletableFuture<Result> outcome;
    try {
      outcome = node().store().submit(key, operation, version);
    } catch (TimeoutException e) {
      released.run();
      throw e;
    }
    var _ = outcome.whenComplete((result, failure) -> released.run());
    try {
      return outcome.get(OPERATION_TIMEOUT_MILLIS, TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw new IllegalStateException("the store failed to answer", e.getCause());
    } catch (TimeoutException e) {
      throw new TimeoutException("the disk takes longer than 10 s");
    }
  }

  /**
   * Subscribes to the keys of a pattern: first all that are there, then each that changes, at most
   * once pending.
   *
   * @param wakeUp called when a first key waits, on the store's thread: must only leave word
   * @return what to poll and to close; empty when too many are open (64)
   */
  public Optional<StoreService.Watch> watch(KeyPattern pattern, Runnable wakeUp)
      throws TimeoutException, InterruptedException {
    return node().store().watch(pattern, wakeUp);
  }
}

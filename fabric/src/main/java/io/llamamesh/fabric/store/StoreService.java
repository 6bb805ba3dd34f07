package io.llamamesh.fabric.store;

import io.llamamesh.fabric.crdt.Operation;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * A {@link ReplicatedStore} with a thread of its own, since it waits for the disk. Any thread may
 * call.
 *
 * <h2>Guarantees</h2>
 *
 * <ul>
 *   <li>No call of the fabric's thread waits: messages are queued up to {@link #MAX_QUEUED_BYTES},
 *       and dropped and counted beyond that; the next turn of anti-entropy brings them again.
 *   <li>An operation is answered once: done when it is on disk, busy at once where as many wait as
 *       {@link ReplicatedStoreOptions#waiting} says, unavailable while the disk cannot be opened.
 *   <li>A disk that cannot be opened is tried again each second. One that is damaged when it is
 *       opened is set aside: others have what was acknowledged with a neighbour at hand. One that
 *       turns out to be damaged while it is in use is made anew, from memory, which has all of it.
 *   <li>After {@link #stopWriting} nothing is acknowledged that {@link #tryReplicate} does not hand
 *       over.
 * </ul>
 */
public final class StoreService implements AutoCloseable {

  /** Bytes of neighbours' messages that wait for this store. */
  public static final int MAX_QUEUED_BYTES = 6 << 20;

  private static final int MAX_READS = 64;
  private static final long READ_TIMEOUT_MILLIS = 2_000;
  private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(50);
  private static final long REOPEN_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long CLOSE_MILLIS = 5_000;
  private static final String CLOSED = "the store is closed";

  /** Disk under a service; called by its thread. */
  public interface Disk {

    /** Opens it, or makes it. */
    Storage open() throws StorageException;

    /** Puts a damaged one out of the way, so that a new one can be made. */
    void setAside() throws StorageException;

    /**
     * Makes a new one in place of one that is damaged and closed. The old one stays where it is
     * until the new one is complete, where that can be had.
     *
     * @param filler writes what the new one is to hold
     */
    default Storage rebuild(Filler filler) throws StorageException {
      setAside();
      Storage fresh = open();
      filler.fill(fresh);
      return fresh;
    }

    /** A disk that keeps nothing. */
    static Disk none() {
      return new Disk() {
        @Override
        public Storage open() {
          return new MemoryStorage();
        }

        @Override
        public void setAside() {}
      };
    }
  }

  /** Writer of what a new disk is to hold. */
  @FunctionalInterface
  public interface Filler {

    /** Writes all of it. */
    void fill(Storage fresh) throws StorageException;
  }

  /** Taker of what befalls a service; called on its thread, must return at once. */
  public interface Listener {

    /** The disk cannot be used; tried again each second. */
    void storeUnavailable(String reason);

    /** The disk was damaged while it was in use, and was made anew with all that was on it. */
    default void storeRebuilt() {}

    /** An event could not be handled, which is a programming error; the service goes on. */
    void failed(Throwable cause);
  }

  private final String node;
  private final Disk disk;
  private final ReplicatedStoreOptions options;
  private final StoreOutbox outbox;
  private final Listener listener;
  private final InstantSource clock;
  private final RandomGenerator random;
  private final Thread thread;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  // Under the lock.
  private final ArrayDeque<Task> tasks = new ArrayDeque<>();
  private long queuedBytes;
  private boolean stopped;
  private @Nullable String refusal;

  private final AtomicInteger waitingOperations = new AtomicInteger();
  private final AtomicInteger waitingReads = new AtomicInteger();
  private volatile @Nullable String problem = "the store is starting";
  private volatile @Nullable StoreCounters counters;
  private volatile boolean synced;

  // The thread's own.
  private final Set<String> neighbours = new LinkedHashSet<>();
  private final List<CompletableFuture<Boolean>> awaitingReplication = new ArrayList<>();
  private @Nullable Storage storage;
  private long rebuildAt;

  /**
   * Work for the thread.
   *
   * @param bytes of a neighbour's message, 0 for what is bounded otherwise
   */
  private record Task(int bytes, Work work) {}

  @FunctionalInterface
  private interface Work {
    /**
     * Does it.
     *
     * @param store null while there is none
     */
    void run(@Nullable ReplicatedStore store, long now);
  }

  private StoreService(
      String node,
      Disk disk,
      ReplicatedStoreOptions options,
      StoreOutbox outbox,
      Listener listener,
      InstantSource clock,
      RandomGenerator random) {
    this.node = node;
    this.disk = disk;
    this.options = options;
    this.outbox = outbox;
    this.listener = listener;
    this.clock = clock;
    this.random = random;
    this.thread = Thread.ofPlatform().name("fabric-store").daemon(true).unstarted(this::run);
  }

  /**
   * Starts a service; it opens its disk by itself.
   *
   * @param node the node's name
   * @param outbox called on the service's thread, must not wait
   * @param clock the wall clock
   */
  public static StoreService start(
      String node,
      Disk disk,
      ReplicatedStoreOptions options,
      StoreOutbox outbox,
      Listener listener,
      InstantSource clock,
      RandomGenerator random) {
    StoreService service = new StoreService(node, disk, options, outbox, listener, clock, random);
    service.thread.start();
    return service;
  }

  // For whoever reads and writes.

  /**
   * Asks for an operation.
   *
   * @param version the value's version that the operation is meant for, null for any
   * @return its outcome, which always comes, as late as the disk is slow
   */
  public CompletableFuture<Result> submit(Key key, Operation operation, @Nullable String version) {
    CompletableFuture<Result> answer = new CompletableFuture<>();
    String why = refusal();
    if (why != null) {
      answer.complete(new Result.Unavailable(why));
      return answer;
    }
    if (waitingOperations.incrementAndGet() > options.waiting()) {
      waitingOperations.decrementAndGet();
      answer.complete(new Result.Busy());
      return answer;
    }
    String refused =
        tryEnqueueWrite(
            new Task(
                0,
                (store, now) -> {
                  if (store == null) {
                    answer(
                        answer,
                        new Result.Unavailable(Objects.requireNonNullElse(problem, CLOSED)));
                  } else {
                    store.submit(key, operation, version, result -> answer(answer, result));
                  }
                }));
    if (refused != null) {
      answer(answer, new Result.Unavailable(refused));
    }
    return answer;
  }

  /**
   * Refuses operations from now on. Those that were taken before are done before whatever is asked
   * after this.
   *
   * @param why what they are answered, for people
   */
  public void stopWriting(String why) {
    lock.lock();
    try {
      refusal = why;
    } finally {
      lock.unlock();
    }
  }

  private @Nullable String refusal() {
    lock.lock();
    try {
      return refusal;
    } finally {
      lock.unlock();
    }
  }

  /** Returns the reason why it was not taken; null where it was. */
  private @Nullable String tryEnqueueWrite(Task task) {
    lock.lock();
    try {
      if (refusal != null) {
        return refusal;
      }
      return enqueue(task) ? null : CLOSED;
    } finally {
      lock.unlock();
    }
  }

  private void answer(CompletableFuture<Result> waiting, Result result) {
    waitingOperations.decrementAndGet();
    waiting.complete(result);
  }

  /**
   * Answers a question about the store.
   *
   * @param question runs on the service's thread; what it returns must not change any more
   * @throws TimeoutException where the disk cannot be used, too many ask, or it takes too long
   */
  public <T> T read(Function<ReplicatedStore, T> question)
      throws TimeoutException, InterruptedException {
    if (waitingReads.incrementAndGet() > MAX_READS) {
      waitingReads.decrementAndGet();
      throw new TimeoutException("too many ask the store at once");
    }
    CompletableFuture<T> answer = new CompletableFuture<>();
    boolean taken =
        enqueue(
            new Task(
                0,
                (store, now) -> {
                  waitingReads.decrementAndGet();
                  try {
                    if (store == null) {
                      answer.completeExceptionally(new TimeoutException(String.valueOf(problem)));
                    } else {
                      answer.complete(question.apply(store));
                    }
                  } catch (RuntimeException e) {
                    answer.completeExceptionally(e);
                  }
                }));
    if (!taken) {
      waitingReads.decrementAndGet();
      throw new TimeoutException(CLOSED);
    }
    try {
      return answer.get(READ_TIMEOUT_MILLIS, TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof TimeoutException unavailable) {
        throw unavailable;
      }
      throw new IllegalStateException("the store failed to answer", e.getCause());
    }
  }

  /** A key's value. */
  public Value get(Key key) throws TimeoutException, InterruptedException {
    return read(store -> store.get(key));
  }

  /**
   * Keys of a pattern with their values, in order.
   *
   * @param after keys up to this one are left out, empty for none
   * @param max how many at most
   */
  public List<Change> list(KeyPattern pattern, String after, int max)
      throws TimeoutException, InterruptedException {
    return read(store -> {
      List<Change> values = new ArrayList<>();
      for (Key key : store.keys(pattern, after, max)) {
        values.add(new Change(key, store.get(key)));
      }
      return values;
    });
  }

  /**
   * Subscribes to the keys of a pattern. Those that are there wait already.
   *
   * @param wakeUp called when a first key waits, on the service's thread; must only leave word
   * @return empty when too many are open
   */
  public Optional<Watch> watch(KeyPattern pattern, Runnable wakeUp)
      throws TimeoutException, InterruptedException {
    return read(store -> store.subscribe(pattern, wakeUp).map(Watch::new));
  }

  /** A subscription for any thread. It ends with the service: then {@link #poll} fails. */
  public final class Watch implements AutoCloseable {

    private final Subscription subscription;

    private Watch(Subscription subscription) {
      this.subscription = subscription;
    }

    /**
     * Takes changes, in the order in which their keys began to wait.
     *
     * @param max how many at most
     */
    public List<Change> poll(int max) throws TimeoutException, InterruptedException {
      return read(store -> subscription.poll(max));
    }

    @Override
    public void close() {
      var _ = enqueue(new Task(0, (store, now) -> subscription.close()));
    }
  }

  /** The reason why there is no store; null where there is one. */
  public @Nullable String problem() {
    return problem;
  }

  /** The store's counters some milliseconds ago; null before it was opened. */
  public @Nullable StoreCounters counters() {
    return counters;
  }

  /** True once it was compared with a neighbour's store since it was opened, and has all of it. */
  public boolean isSynced() {
    return synced;
  }

  /**
   * Hands everything to a neighbour, for a node that is about to end.
   *
   * @return true when some neighbour has all that was written here
   */
  public boolean tryReplicate(Duration patience) throws InterruptedException {
    CompletableFuture<Boolean> replicated = new CompletableFuture<>();
    boolean taken =
        enqueue(
            new Task(
                0,
                (store, now) -> {
                  if (store == null || neighbours.isEmpty()) {
                    replicated.complete(false);
                  } else {
                    flushAll(store, now); // what was taken before is handed over, too
                    store.exchange();
                    awaitingReplication.add(replicated);
                  }
                }));
    if (!taken) {
      return false;
    }
    try {
      return replicated.get(patience.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      return false;
    } catch (ExecutionException e) {
      throw new IllegalStateException("the store failed to answer", e.getCause());
    }
  }

  // For the fabric's thread.

  /** A link to a neighbour is up. */
  public void neighbourUp(String neighbour) {
    var _ =
        enqueue(
            new Task(
                0,
                (store, now) -> {
                  if (neighbours.add(neighbour) && store != null) {
                    store.neighbourUp(neighbour, now);
                  }
                }));
  }

  /** A link to a neighbour is down. */
  public void neighbourDown(String neighbour) {
    var _ =
        enqueue(
            new Task(
                0,
                (store, now) -> {
                  if (neighbours.remove(neighbour) && store != null) {
                    store.neighbourDown(neighbour);
                  }
                }));
  }

  /** All links are down. */
  public void neighboursGone() {
    var _ =
        enqueue(
            new Task(
                0,
                (store, now) -> {
                  if (store != null) {
                    neighbours.forEach(store::neighbourDown);
                  }
                  neighbours.clear();
                }));
  }

  /**
   * Takes a message that a neighbour's store sent to this one.
   *
   * @return false when there is no room for it: it is dropped
   */
  public boolean tryTake(String neighbour, byte[] message) {
    return enqueue(
        new Task(
            message.length,
            (store, now) -> {
              if (store != null) {
                store.onMessage(neighbour, message, now);
              }
            }));
  }

  /**
   * Takes a message that another node's store sent to all.
   *
   * @return false when there is no room for it: it is dropped
   */
  public boolean tryTakeMulticast(byte[] message) {
    return enqueue(
        new Task(
            message.length,
            (store, now) -> {
              if (store != null) {
                store.onMulticast(message, now);
              }
            }));
  }

  private boolean enqueue(Task task) {
    lock.lock();
    try {
      if (stopped || (task.bytes() > 0 && queuedBytes + task.bytes() > MAX_QUEUED_BYTES)) {
        return false;
      }
      tasks.add(task);
      queuedBytes += task.bytes();
      changed.signal();
      return true;
    } finally {
      lock.unlock();
    }
  }

  // The thread.

  private void run() {
    while (!isStopped()) {
      try {
        Storage opened = disk.open();
        storage = opened;
        serve(opened);
      } catch (StorageException e) {
        unavailable(String.valueOf(e.getMessage()));
        if (e.isDamaged()) {
          closeStorage();
          setAside();
        }
        rest();
      } catch (RuntimeException e) {
        unavailable(e.toString());
        listener.failed(e);
        rest();
      } finally {
        closeStorage();
      }
    }
    problem = CLOSED;
    runAll(null, System.nanoTime());
  }

  private void unavailable(String reason) {
    problem = reason;
    listener.storeUnavailable(reason);
  }

  private void setAside() {
    try {
      disk.setAside();
    } catch (StorageException e) {
      unavailable(String.valueOf(e.getMessage()));
    }
  }

  private void closeStorage() {
    if (storage instanceof MvStorage file) {
      file.close();
    }
    storage = null;
  }

  /** Makes a damaged disk anew from memory; where that fails, again after a second. */
  private void rebuild(ReplicatedStore store, long now) {
    if (now - rebuildAt < 0) {
      return;
    }
    rebuildAt = now + REOPEN_NANOS;
    closeStorage();
    try {
      Storage fresh = disk.rebuild(store::copyTo);
      storage = fresh;
      store.moveTo(fresh);
      problem = null;
      listener.storeRebuilt();
    } catch (StorageException e) {
      unavailable(String.valueOf(e.getMessage()));
    }
  }

  private boolean isStopped() {
    lock.lock();
    try {
      return stopped;
    } finally {
      lock.unlock();
    }
  }

  private void serve(Storage disk) throws StorageException {
    ReplicatedStore store = ReplicatedStore.open(node, disk, options, outbox, clock, random);
    problem = null;
    long opened = System.nanoTime();
    rebuildAt = opened;
    neighbours.forEach(neighbour -> store.neighbourUp(neighbour, opened));
    boolean last;
    do {
      await(store.hasOperations() ? 0 : TICK_NANOS);
      last = isStopped();
      turn(store, System.nanoTime());
    } while (!last);
    guard(() -> flushAll(store, System.nanoTime()));
  }

  private void turn(ReplicatedStore store, long now) {
    runAll(store, now);
    guard(() -> store.tick(now));
    if (waitingOperations.get() > 0) {
      // What others wrote waits for company, see tick; who writes here waits for the disk only.
      guard(() -> store.flush(now));
    }
    if (store.isDiskDamaged()) {
      guard(() -> rebuild(store, now));
    }
    counters = store.counters();
    synced = store.isSynced();
    if (!awaitingReplication.isEmpty() && store.isReplicated()) {
      awaitingReplication.forEach(waiting -> waiting.complete(true));
      awaitingReplication.clear();
    }
  }

  private void flushAll(ReplicatedStore store, long now) {
    do {
      store.flush(now);
    } while (store.hasOperations());
  }

  /** Answers what waits while there is no store, for a second. */
  private void rest() {
    long end = System.nanoTime() + REOPEN_NANOS;
    while (!isStopped() && System.nanoTime() - end < 0) {
      await(end - System.nanoTime());
      runAll(null, System.nanoTime());
    }
  }

  /** Waits for a task, not for long. */
  private void await(long nanos) {
    lock.lock();
    try {
      long left = nanos;
      while (tasks.isEmpty() && !stopped && left > 0) {
        left = changed.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      stopped = true; // nobody interrupts it but to end it
    } finally {
      lock.unlock();
    }
  }

  private void runAll(@Nullable ReplicatedStore store, long now) {
    while (true) {
      Task task;
      lock.lock();
      try {
        task = tasks.poll();
        if (task == null) {
          return;
        }
        queuedBytes -= task.bytes();
      } finally {
        lock.unlock();
      }
      Task due = task;
      guard(() -> due.work().run(store, now));
    }
  }

  /** A mistake in what one event leads to must not end the rest. */
  private void guard(Runnable event) {
    try {
      event.run();
    } catch (RuntimeException e) {
      listener.failed(e);
    }
  }

  /** Does what waits, closes the disk, and ends the thread; waits for that, not for long. */
  @Override
  public void close() {
    lock.lock();
    try {
      stopped = true;
      changed.signal();
    } finally {
      lock.unlock();
    }
    try {
      thread.join(CLOSE_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

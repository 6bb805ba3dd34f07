package io.llamamesh.agent.config;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The local copy as a fallback: it runs until the source of the config has decided what shall run.
 *
 * <p>Guarantees: once the source has decided, a copy that is still being read is not applied; after
 * {@link #stop} none is. Any thread may call.
 *
 * <p>Owns one thread, which waits for the source to decide; {@link #join} waits for its end.
 */
final class CopyFallback {

  private static final Logger LOG = LoggerFactory.getLogger(CopyFallback.class);

  private final ConfigApplier applier;
  private final @Nullable LocalCopy copy;
  private final String origin;
  private final BooleanSupplier isNeeded;
  private final Duration patience;
  private final Thread waiting;

  /** Counted down when nobody has to wait for the source any longer. */
  private final CountDownLatch waited = new CountDownLatch(1);

  private volatile boolean stopped;

  /** Guarded by this object. */
  private boolean decided;

  /**
   * A fallback that does nothing yet.
   *
   * @param copy null for none
   * @param origin the source, for people
   * @param isNeeded whether the copy may run, by what runs already
   * @param patience how long the source may take before the copy is used
   * @param thread name of the thread that waits
   */
  CopyFallback(
      ConfigApplier applier,
      @Nullable LocalCopy copy,
      String origin,
      BooleanSupplier isNeeded,
      Duration patience,
      String thread) {
    this.applier = applier;
    this.copy = copy;
    this.origin = origin;
    this.isNeeded = isNeeded;
    this.patience = patience;
    this.waiting = Thread.ofVirtual().name(thread).unstarted(this::awaitSource);
  }

  /** Starts to wait; the copy is used where the wait is not ended in time. */
  void start() {
    waiting.start();
  }

  /** The source has decided what runs: from now on the copy does not, but for a refusal. */
  synchronized void markDecided() {
    decided = true;
  }

  /** Ends the wait without using the copy. */
  void endWait() {
    waited.countDown();
  }

  private void awaitSource() {
    try {
      if (!waited.await(patience.toMillis(), TimeUnit.MILLISECONDS)) {
        applyUnlessDecided();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Runs the copy where it is needed and the source has not decided. */
  void applyUnlessDecided() {
    Optional<String> yaml = read();
    // The source may have decided while the disk was slow.
    synchronized (this) {
      if (yaml.isPresent() && !decided && !stopped) {
        apply(yaml.get());
      }
    }
  }

  /** Runs the copy where it is needed, since the source's own document was refused. */
  void applyAfterRefusal() {
    if (!stopped) {
      read().ifPresent(this::apply);
    }
  }

  private void apply(String yaml) {
    if (isNeeded.getAsBoolean()) {
      applier.tryApply(yaml, "copy of " + origin);
    }
  }

  private Optional<String> read() {
    if (copy == null) {
      return Optional.empty();
    }
    try {
      return copy.read();
    } catch (IOException e) {
      LOG.warn("config copy not readable error={}", e.toString());
      return Optional.empty();
    }
  }

  /** Ends the wait, and applies nothing any more; returns at once. */
  void stop() {
    stopped = true; // without a lock: whoever applies the copy now may wait for a disk
    waited.countDown();
  }

  /** Waits for the thread's end, at most so long: a disk that does not answer holds up nobody. */
  void join(long millis) throws InterruptedException {
    waiting.join(millis);
  }
}

package io.llamamesh.registry.store;

import io.llamamesh.registry.directory.Registry;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Saves a directory to its file: at once where a registration waits for that, else within a second.
 * What changes shortly after another is saved together with it, and a large directory less often,
 * so that no disk is kept busy.
 *
 * <p>Thread-safe. Owns a thread, which {@link #close} ends; the file is its owner's.
 */
public final class StateSaver implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(StateSaver.class);

  /** Between two looks for changes that nobody waits for, and until a failure is tried again. */
  private static final Duration LOOK_EVERY = Duration.ofSeconds(1);

  private static final long SHORTEST_PAUSE_MILLIS = 10;
  private static final long LONGEST_PAUSE_MILLIS = 1_000;

  /** Times that a save took, to pass before the next. */
  private static final int PAUSE_TIMES = 2;

  /**
   * Largest directory whose saves registrations wait for: thousands of probes take less, and huge
   * documents of some are not to hold up all others.
   */
  private static final long LARGEST_AWAITED_BYTES = 4L << 20;

  private static final long END_MILLIS = 5_000;

  private final StateFile file;
  private final Registry registry;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition progress = lock.newCondition();
  private final Thread thread = Thread.ofPlatform().name("state-saver").unstarted(this::run);
  private long wanted = -1;
  private long saved = -1;
  private boolean ends;

  /** A saver; {@link #start} begins it. */
  public StateSaver(StateFile file, Registry registry) {
    this.file = file;
    this.registry = registry;
  }

  /** Starts; to be called once. */
  public void start() {
    thread.start();
  }

  /**
   * Waits until a version of the directory is in the file, or cannot be written there. For a
   * directory of more than 4 MiB it only asks for the next save.
   *
   * @return false where it is not there yet
   */
  public boolean awaitSaved(long version, Duration atMost) throws InterruptedException {
    boolean isLarge = registry.listBytes() > LARGEST_AWAITED_BYTES;
    lock.lockInterruptibly();
    try {
      wanted = Math.max(wanted, version);
      progress.signalAll();
      long left = isLarge ? 0 : atMost.toNanos();
      while (saved < version && !ends && left > 0) {
        left = progress.awaitNanos(left);
      }
      return saved >= version;
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    try {
      while (awaitWanted(LOOK_EVERY)) {
        long version = registry.version();
        long began = System.nanoTime();
        try {
          file.saveIfChanged(registry);
        } catch (RuntimeException e) {
          // A mistake of ours in one round must not end saving for good.
          LOG.error("saving the directory failed", e);
        }
        long took = System.nanoTime() - began;
        recordSaved(version);
        pause(
            Math.clamp(
                TimeUnit.NANOSECONDS.toMillis(PAUSE_TIMES * took),
                SHORTEST_PAUSE_MILLIS,
                LONGEST_PAUSE_MILLIS));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Waits until somebody waits for a save, or the time is up; false at the end. */
  private boolean awaitWanted(Duration atMost) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      long left = atMost.toNanos();
      while (wanted <= saved && !ends && left > 0) {
        left = progress.awaitNanos(left);
      }
      return !ends;
    } finally {
      lock.unlock();
    }
  }

  private void recordSaved(long version) {
    lock.lock();
    try {
      saved = Math.max(saved, version);
      progress.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void pause(long millis) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      long left = TimeUnit.MILLISECONDS.toNanos(millis);
      while (!ends && left > 0) {
        left = progress.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Ends the thread and all waits, and saves what has changed since. */
  @Override
  public void close() {
    lock.lock();
    try {
      ends = true;
      progress.signalAll();
    } finally {
      lock.unlock();
    }
    try {
      thread.join(END_MILLIS);
    } catch (InterruptedException e) {
      // Interrupted: what is left of the end follows without waiting.
      Thread.currentThread().interrupt();
    }
    file.saveIfChanged(registry);
  }
}

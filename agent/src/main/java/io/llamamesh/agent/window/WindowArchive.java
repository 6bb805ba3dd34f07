package io.llamamesh.agent.window;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Predicate;

/**
 * Retained closed windows, oldest first.
 *
 * <p>Guarantees, for all threads:
 *
 * <ul>
 *   <li>Windows are numbered without a gap, in the order of publication; one with another number is
 *       refused.
 *   <li>A reader that asks with {@link #after} for what follows its last number gets each window at
 *       most once, and each one that is still retained.
 *   <li>A window is forgotten only when it is older than the retention by the monotonic clock, or
 *       when the bound of memory asks for it; the latter is counted by {@link #evicted}. The newest
 *       window is never forgotten.
 *   <li>{@link #published}, {@link #lastRead} and {@link #evicted} never decrease.
 *   <li>{@link #publish} never waits for a reader's I/O: nobody does any while holding the lock.
 * </ul>
 */
public final class WindowArchive {

  private final String bootId;
  private final Deque<Retained> windows = new ArrayDeque<>();
  private boolean hasPublished;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition publication = lock.newCondition();
  private long published;
  private long read;
  private long evicted;
  private long bytes;

  /**
   * Most bytes of memory for windows, whatever the retention: a third of an agent's heap. An hour
   * of 64 peers over 4 source ports in windows of 10 s takes 10 MiB.
   */
  static final long MAX_BYTES = 16L << 20;

  /**
   * An empty archive.
   *
   * @param bootId identity of this numbering
   */
  public WindowArchive(String bootId) {
    this.bootId = bootId;
  }

  /**
   * An archive that continues the numbering of an earlier life.
   *
   * @param kept windows that it had published, in order
   */
  public WindowArchive(String bootId, List<ClosedWindow> kept) {
    this(bootId);
    kept.forEach(window -> retain(window, 0));
    published = kept.isEmpty() ? 0 : kept.getLast().sequence();
  }

  /** A window, its time of publication by the monotonic clock, and its memory in bytes. */
  private record Retained(ClosedWindow window, long at, int bytes) {}

  /** A page of windows, and whether there are more. */
  public record Page(List<ClosedWindow> windows, boolean more) {
    public Page {
      windows = List.copyOf(windows);
    }
  }

  /** Identity of this numbering. */
  public String bootId() {
    return bootId;
  }

  /** Number of the next window. */
  public long nextSequence() {
    lock.lock();
    try {
      return published + 1;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Publishes a window and forgets those that were published longer ago than the retention. Those
   * of an earlier life count from the first one of this. The wall clock has no say: when it is
   * stepped, nothing that was not read yet may get lost.
   *
   * @param now monotonic
   */
  public void publish(ClosedWindow window, long now, long retentionNanos) {
    lock.lock();
    try {
      if (window.sequence() != published + 1) {
        throw new IllegalArgumentException(
            "window " + window.sequence() + " published after window " + published);
      }
      published = window.sequence();
      if (!hasPublished) {
        hasPublished = true;
        windows.addAll(
            removeAll().stream()
                .map(kept -> new Retained(kept.window(), now, kept.bytes()))
                .toList());
      }
      while (!windows.isEmpty() && now - windows.getFirst().at() > retentionNanos) {
        bytes -= windows.removeFirst().bytes();
      }
      retain(window, now);
      publication.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Retains a window, and evicts the oldest ones beyond the bound of memory. */
  private void retain(ClosedWindow window, long now) {
    Retained kept = new Retained(window, now, window.bytes());
    windows.addLast(kept);
    bytes += kept.bytes();
    while (windows.size() > 1 && bytes > MAX_BYTES) {
      bytes -= windows.removeFirst().bytes();
      evicted++;
    }
  }

  private List<Retained> removeAll() {
    List<Retained> all = List.copyOf(windows);
    windows.clear();
    return all;
  }

  /** Number of windows that were evicted by the bound of memory before their retention was over. */
  public long evicted() {
    lock.lock();
    try {
      return evicted;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until a window after this number is published; returns false where the wait ended before.
   *
   * @param isEnded ends the wait; asked again after each {@link #wakeUp}
   */
  public boolean await(long sequence, BooleanSupplier isEnded) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (published <= sequence) {
        if (isEnded.getAsBoolean()) {
          return false;
        }
        publication.await();
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Lets those who wait ask whether their wait has ended. */
  public void wakeUp() {
    lock.lock();
    try {
      publication.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Records that a reader has stored everything up to and including this number. */
  public void markRead(long sequence) {
    lock.lock();
    try {
      read = Math.max(read, Math.min(sequence, published));
    } finally {
      lock.unlock();
    }
  }

  /** Last number that a reader has stored. */
  public long lastRead() {
    lock.lock();
    try {
      return read;
    } finally {
      lock.unlock();
    }
  }

  /** Number of retained windows that no reader has stored. */
  public int unread() {
    lock.lock();
    try {
      return windows.isEmpty()
          ? 0
          : (int) (published - Math.max(read, windows.getFirst().window().sequence() - 1));
    } finally {
      lock.unlock();
    }
  }

  /** Number of the last window published; 0 before the first. */
  public long published() {
    lock.lock();
    try {
      return published;
    } finally {
      lock.unlock();
    }
  }

  /** Number of retained windows. */
  public int size() {
    lock.lock();
    try {
      return windows.size();
    } finally {
      lock.unlock();
    }
  }

  /** Number of the oldest retained window; 0 when there is none. */
  public long oldest() {
    lock.lock();
    try {
      return windows.isEmpty() ? 0 : windows.getFirst().window().sequence();
    } finally {
      lock.unlock();
    }
  }

  /** Ends of all retained windows, nanoseconds since 1970. */
  public List<Long> windowEnds() {
    return after(0, Integer.MAX_VALUE).windows().stream().map(ClosedWindow::endNanos).toList();
  }

  /** The last window published. */
  public Optional<ClosedWindow> newest() {
    lock.lock();
    try {
      return Optional.ofNullable(windows.peekLast()).map(Retained::window);
    } finally {
      lock.unlock();
    }
  }

  /** At most {@code limit} windows with a number above {@code sequence}. */
  public Page after(long sequence, int limit) {
    return page(limit, window -> window.sequence() > sequence);
  }

  /** At most {@code limit} windows that ended after a time. */
  public Page since(long nanos, int limit) {
    return page(limit, window -> window.endNanos() > nanos);
  }

  private Page page(int limit, Predicate<ClosedWindow> wanted) {
    List<ClosedWindow> found = new ArrayList<>();
    lock.lock();
    try {
      for (Retained kept : windows) {
        ClosedWindow window = kept.window();
        if (!wanted.test(window)) {
          continue;
        }
        if (found.size() == limit) {
          return new Page(found, true);
        }
        found.add(window);
      }
      return new Page(found, false);
    } finally {
      lock.unlock();
    }
  }
}

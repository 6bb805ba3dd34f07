package io.llamamesh.agent.collector;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;

/** The closed windows that are still kept, oldest first; for all threads. */
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
   * How much memory the windows take at most, whatever the retention: a third of an agent's heap.
   * An hour of 64 peers over 4 source ports in windows of 10 s takes 10 MiB.
   */
  static final long MAX_BYTES = 16L << 20;

  /**
   * An empty archive.
   *
   * @param bootId names this life of the numbering
   */
  public WindowArchive(String bootId) {
    this.bootId = bootId;
  }

  /**
   * An archive that goes on where an earlier life left off.
   *
   * @param kept what that one had published, in order
   */
  public WindowArchive(String bootId, List<ClosedWindow> kept) {
    this(bootId);
    kept.forEach(window -> retain(window, 0));
    published = kept.isEmpty() ? 0 : kept.getLast().sequence();
  }

  /** A window, when it was published by the monotonic clock, and what it takes of memory. */
  private record Retained(ClosedWindow window, long at, int bytes) {}

  /** Windows after a place, and whether there are more. */
  public record Page(List<ClosedWindow> windows, boolean more) {
    public Page {
      windows = List.copyOf(windows);
    }
  }

  /** Names this life of the numbering. */
  public String bootId() {
    return bootId;
  }

  /** The number that the next window will have. */
  long nextSequence() {
    lock.lock();
    try {
      return published + 1;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Keeps a window and forgets those that were published longer ago than the retention. Those of an
   * earlier life count from the first one of this. The wall clock has no say: when it is stepped,
   * nothing that was not read yet may get lost.
   *
   * @param now monotonic
   */
  void publish(ClosedWindow window, long now, long retentionNanos) {
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

  /** Keeps a window, and forgets the oldest where the bound of memory asks for it. */
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

  /**
   * Windows that were forgotten before their time since memory is bounded; nobody can read them any
   * more.
   */
  public long evicted() {
    lock.lock();
    try {
      return evicted;
    } finally {
      lock.unlock();
    }
  }

  /** Waits until a window after this number is published; false when time is up before. */
  public boolean await(long sequence, long timeoutNanos) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      long left = timeoutNanos;
      while (published <= sequence) {
        if (left <= 0) {
          return false;
        }
        left = publication.awaitNanos(left);
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Somebody has everything up to and with this number. */
  public void read(long sequence) {
    lock.lock();
    try {
      read = Math.max(read, Math.min(sequence, published));
    } finally {
      lock.unlock();
    }
  }

  /** The last number that somebody said to have. */
  public long read() {
    lock.lock();
    try {
      return read;
    } finally {
      lock.unlock();
    }
  }

  /** How many windows are kept that nobody said to have. */
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

  /** How many windows are kept. */
  public int size() {
    lock.lock();
    try {
      return windows.size();
    } finally {
      lock.unlock();
    }
  }

  /** Number of the oldest window that is kept; 0 when none is. */
  public long oldest() {
    lock.lock();
    try {
      return windows.isEmpty() ? 0 : windows.getFirst().window().sequence();
    } finally {
      lock.unlock();
    }
  }

  /** Ends of all windows that are kept, nanoseconds since 1970. */
  List<Long> windowEnds() {
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

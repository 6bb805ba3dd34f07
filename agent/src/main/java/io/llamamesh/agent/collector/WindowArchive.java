package io.llamamesh.agent.collector;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;

/** The closed windows that are still kept, oldest first; for all threads. */
public final class WindowArchive {

  private final String bootId;
  private final Deque<ClosedWindow> windows = new ArrayDeque<>();
  private long published;

  /**
   * An empty archive.
   *
   * @param bootId names this life of the numbering
   */
  public WindowArchive(String bootId) {
    this.bootId = bootId;
  }

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
  synchronized long nextSequence() {
    return published + 1;
  }

  /** Keeps a window and forgets those that ended longer ago than the retention. */
  synchronized void publish(ClosedWindow window, long retentionNanos) {
    if (window.sequence() != published + 1) {
      throw new IllegalArgumentException(
          "window " + window.sequence() + " published after window " + published);
    }
    published = window.sequence();
    windows.addLast(window);
    long oldest = window.endNanos() - retentionNanos;
    while (windows.size() > 1 && windows.getFirst().endNanos() < oldest) {
      windows.removeFirst();
    }
  }

  /** How many windows were ever published. */
  public synchronized long published() {
    return published;
  }

  /** How many windows are kept. */
  public synchronized int size() {
    return windows.size();
  }

  /** The last window published. */
  public synchronized Optional<ClosedWindow> newest() {
    return Optional.ofNullable(windows.peekLast());
  }

  /** At most {@code limit} windows with a number above {@code sequence}. */
  public synchronized Page after(long sequence, int limit) {
    return page(limit, window -> window.sequence() > sequence);
  }

  /** At most {@code limit} windows that ended after a time. */
  public synchronized Page since(long nanos, int limit) {
    return page(limit, window -> window.endNanos() > nanos);
  }

  private Page page(int limit, java.util.function.Predicate<ClosedWindow> wanted) {
    List<ClosedWindow> found = new ArrayList<>();
    for (ClosedWindow window : windows) {
      if (!wanted.test(window)) {
        continue;
      }
      if (found.size() == limit) {
        return new Page(found, true);
      }
      found.add(window);
    }
    return new Page(found, false);
  }
}

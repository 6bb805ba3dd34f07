package io.llamamesh.fabric.store;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Changes of the keys of a pattern: first every key that is there, then each that changes. A key
 * waits at most once, and is read when it is taken: a slow reader misses states in between, never
 * the last one, and costs no more than the keys' names. Used by the store's thread only.
 */
public final class Subscription implements AutoCloseable {

  private final KeyPattern pattern;
  private final Runnable wakeUp;
  private final Function<Key, Value> reader;
  private final Consumer<Subscription> onClose;
  private final Set<Key> pending = new LinkedHashSet<>();

  Subscription(
      KeyPattern pattern,
      Runnable wakeUp,
      Function<Key, Value> reader,
      Consumer<Subscription> onClose) {
    this.pattern = pattern;
    this.wakeUp = wakeUp;
    this.reader = reader;
    this.onClose = onClose;
  }

  void changed(Key key) {
    if (pattern.matches(key)) {
      boolean first = pending.isEmpty();
      pending.add(key);
      if (first) {
        wakeUp.run();
      }
    }
  }

  /** Number of keys that wait. */
  public int pending() {
    return pending.size();
  }

  /**
   * Takes changes, in the order in which their keys began to wait.
   *
   * @param max how many at most
   */
  public List<Change> poll(int max) {
    List<Change> changes = new ArrayList<>();
    Iterator<Key> keys = pending.iterator();
    while (changes.size() < max && keys.hasNext()) {
      Key key = keys.next();
      keys.remove();
      changes.add(new Change(key, reader.apply(key)));
    }
    return changes;
  }

  /** Ends the subscription; nothing waits or comes any more. */
  @Override
  public void close() {
    pending.clear();
    onClose.accept(this);
  }
}

package io.llamamesh.apiserver.store;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.llamamesh.apiserver.json.Json;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Objects in memory under one order of revisions, as etcd gives them to an API server.
 *
 * <p>Guarantees: a list and its revision are one moment; the changes after that revision, read by
 * {@link #changesAfter}, are complete and in order, or the reader fails; a write succeeds only on
 * the version that its author saw. Any thread may call anything.
 */
public final class ObjectStore {
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<String, Bucket> buckets = new HashMap<>();
  private final List<Consumer<ObjectChange>> listeners = new CopyOnWriteArrayList<>();
  private final int logCapacity;
  private long revision;
  private boolean closed;

  /** Objects of one resource, with its recent changes. */
  private final class Bucket {
    final TreeMap<ObjectKey, Stored> objects = new TreeMap<>();
    final ChangeLog log = new ChangeLog(logCapacity);
    final Condition changed = lock.newCondition();
  }

  /** The objects at one moment. */
  public record Snapshot(long revision, List<Stored> objects) {}

  /** A write came to nothing: the object was not in the state that the author expected. */
  public static final class StaleWriteException extends Exception {
    StaleWriteException(ObjectKey key) {
      super("changed meanwhile: " + key, null, false, false);
    }
  }

  /** The changes asked for are no longer kept, or lie in the future. */
  public static final class ExpiredException extends Exception {
    ExpiredException(long asked, long current) {
      super("too old resource version: " + asked + " (" + current + ")", null, false, false);
    }
  }

  /**
   * An empty store.
   *
   * @param logCapacity changes kept per resource for watches, at least 1
   */
  public ObjectStore(int logCapacity) {
    if (logCapacity < 1) {
      throw new IllegalArgumentException("logCapacity must be at least 1: " + logCapacity);
    }
    this.logCapacity = logCapacity;
    this.revision = 1;
  }

  /**
   * Calls back on every change, in order, under the lock: the listener must be quick and never
   * write.
   */
  public void listen(Consumer<ObjectChange> listener) {
    listeners.add(listener);
  }

  /** The revision of the last write. */
  public long revision() {
    lock.lock();
    try {
      return revision;
    } finally {
      lock.unlock();
    }
  }

  /** The current version of an object, or null. */
  public @Nullable Stored get(ObjectKey key) {
    lock.lock();
    try {
      return bucket(key.bucket()).objects.get(key);
    } finally {
      lock.unlock();
    }
  }

  /**
   * A resource's objects at this moment, ordered by namespace and name; all namespaces when empty.
   */
  public Snapshot list(String bucket, String namespace) {
    lock.lock();
    try {
      TreeMap<ObjectKey, Stored> objects = bucket(bucket).objects;
      return new Snapshot(
          revision,
          new ArrayList<>(
              namespace.isEmpty()
                  ? objects.values()
                  : objects
                      .subMap(
                          new ObjectKey(bucket, namespace, ""),
                          new ObjectKey(bucket, namespace + "\0", ""))
                      .values()));
    } finally {
      lock.unlock();
    }
  }

  /**
   * Keeps a new object, whose tree becomes the store's.
   *
   * @throws StaleWriteException when one of that name is there
   */
  public Stored create(ObjectKey key, ObjectNode tree) throws StaleWriteException {
    lock.lock();
    try {
      Bucket bucket = bucket(key.bucket());
      if (bucket.objects.containsKey(key)) {
        throw new StaleWriteException(key);
      }
      Stored made = next(key, tree);
      bucket.objects.put(key, made);
      announce(bucket, new ObjectChange.Added(made));
      return made;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Replaces the version seen, by a tree that becomes the store's.
   *
   * @throws StaleWriteException when that is no longer the current version
   */
  public Stored update(Stored seen, ObjectNode tree) throws StaleWriteException {
    lock.lock();
    try {
      Bucket bucket = current(seen);
      Stored made = next(seen.key(), tree);
      bucket.objects.put(seen.key(), made);
      announce(bucket, new ObjectChange.Modified(made, seen));
      return made;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Removes the version seen.
   *
   * @param last the content that watchers are shown as its last; becomes the store's
   * @return its content with the revision of the deletion
   * @throws StaleWriteException when that is no longer the current version
   */
  public Stored delete(Stored seen, ObjectNode last) throws StaleWriteException {
    lock.lock();
    try {
      Bucket bucket = current(seen);
      Stored end = next(seen.key(), last);
      bucket.objects.remove(seen.key());
      announce(bucket, new ObjectChange.Deleted(end, seen));
      return end;
    } finally {
      lock.unlock();
    }
  }

  /**
   * A reader of a resource's changes after a revision.
   *
   * @throws ExpiredException when some of them are no longer kept
   */
  public Reader changesAfter(String bucket, long after) throws ExpiredException {
    lock.lock();
    try {
      Bucket of = bucket(bucket);
      if (after > revision || !of.log.hasAllSince(after)) {
        throw new ExpiredException(after, revision);
      }
      return new Reader(of, of.log.positionAfter(after));
    } finally {
      lock.unlock();
    }
  }

  /** Ends every wait for changes. */
  public void close() {
    lock.lock();
    try {
      closed = true;
      buckets.values().forEach(b -> b.changed.signalAll());
    } finally {
      lock.unlock();
    }
  }

  /** True when the store has been closed. */
  public boolean isClosed() {
    lock.lock();
    try {
      return closed;
    } finally {
      lock.unlock();
    }
  }

  private Bucket bucket(String name) {
    return buckets.computeIfAbsent(name, n -> new Bucket());
  }

  private Bucket current(Stored seen) throws StaleWriteException {
    Bucket bucket = bucket(seen.key().bucket());
    Stored now = bucket.objects.get(seen.key());
    if (now == null || now.revision() != seen.revision()) {
      throw new StaleWriteException(seen.key());
    }
    return bucket;
  }

  private Stored next(ObjectKey key, ObjectNode tree) {
    revision++;
    Json.metadata(tree).put("resourceVersion", Long.toString(revision));
    return new Stored(key, revision, tree);
  }

  private void announce(Bucket bucket, ObjectChange change) {
    bucket.log.add(change);
    listeners.forEach(listener -> listener.accept(change));
    bucket.changed.signalAll();
  }

  /** One reader's place in a resource's changes. For one thread. */
  public final class Reader {
    private static final int AT_MOST = 500;
    private final Bucket bucket;
    private long position;
    private long seen;

    private Reader(Bucket bucket, long position) {
      this.bucket = bucket;
      this.position = position;
    }

    /**
     * The next changes; waits for the first, and gives up with none after the timeout or when the
     * store is closed.
     *
     * @throws ExpiredException when the reader was too slow and changes were dropped before it
     */
    public List<ObjectChange> next(Duration timeout) throws ExpiredException, InterruptedException {
      long left = timeout.toNanos();
      lock.lockInterruptibly();
      try {
        while (!bucket.log.hasMore(position) && !closed && left > 0) {
          left = bucket.changed.awaitNanos(left);
        }
        if (!bucket.log.hasPosition(position)) {
          throw new ExpiredException(seen, revision);
        }
        List<ObjectChange> changes = bucket.log.from(position, AT_MOST);
        position += changes.size();
        seen = bucket.log.hasMore(position) ? changes.getLast().object().revision() : revision;
        return changes;
      } finally {
        lock.unlock();
      }
    }

    /** Every change of the resource up to this revision has been read. */
    public long seen() {
      return seen;
    }
  }
}

package io.llamamesh.agent.http;

import io.llamamesh.fabric.Fabric;
import io.llamamesh.fabric.transport.FabricChanges.Subject;
import io.llamamesh.fabric.transport.FabricNode;
import io.llamamesh.http.EventStreams;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Documents of one watch of the fabric: a new one when what it is about has changed, at most one
 * each {@link #EACH}. Ends where the fabric stops or cannot answer: whoever asks again is answered
 * why. For one thread.
 */
final class FabricFeed implements EventStreams.Feed {

  /** Shortest time between two documents; the first change after a quiet time is sent at once. */
  static final Duration EACH = Duration.ofMillis(100);

  private final Supplier<@Nullable FabricNode> node;
  private final Subject subject;
  private final Cache cache;
  private final Source source;
  private @Nullable FabricNode watched;
  private long version;
  private @Nullable Object key;
  private byte[] first = {};
  private long lastSent;

  /**
   * A document.
   *
   * @param key equal where nothing has changed that a reader is to be woken for
   * @param json UTF-8 in one line
   */
  @SuppressWarnings("ArrayRecordComponent") // sent, never compared
  record Snapshot(Object key, byte[] json) {}

  /** Maker of the document of now. */
  @FunctionalInterface
  interface Source {
    Snapshot make() throws RequestException;
  }

  /** The newest document of all watches of the same thing, made once for each version. */
  static final class Cache {
    private @Nullable FabricNode madeOf;
    private long madeAt;
    private @Nullable Snapshot made;

    private synchronized Snapshot get(FabricNode node, long version, Source source)
        throws RequestException {
      Snapshot known = made;
      if (known == null || madeOf != node || madeAt < version) {
        known = source.make();
        made = known;
        madeOf = node;
        madeAt = version;
      }
      return known;
    }
  }

  FabricFeed(Supplier<@Nullable FabricNode> node, Subject subject, Cache cache, Source source) {
    this.node = node;
    this.subject = subject;
    this.cache = cache;
    this.source = source;
  }

  /** Makes the first document, and fails as the plain answer does. */
  void begin() throws RequestException {
    FabricNode now = node.get();
    watched = now;
    version = now == null ? 0 : now.changes().version(subject);
    // Not the others': what is not counted, as when it was heard last, is of now.
    Snapshot snapshot = source.make();
    key = snapshot.key();
    first = snapshot.json();
    lastSent = System.nanoTime();
  }

  /** The first document. */
  byte[] first() {
    return first;
  }

  @Override
  public byte @Nullable [] next(Duration patience) throws IOException, InterruptedException {
    first = new byte[0];
    FabricNode asked = node.get();
    if (asked == null || asked != watched) {
      throw new IOException("the fabric was stopped or started anew");
    }
    long end = System.nanoTime() + patience.toNanos();
    while (true) {
      long left = end - System.nanoTime();
      long newest =
          left <= 0 ? version : asked.changes().await(subject, version, Duration.ofNanos(left));
      if (newest == version) {
        checkAlive(asked);
        return null;
      }
      pauseAfterLast();
      version = asked.changes().version(subject);
      Snapshot snapshot;
      try {
        snapshot = cache.get(asked, version, source);
      } catch (RequestException e) {
        throw new IOException(e.text(), e);
      }
      if (!snapshot.key().equals(key)) {
        key = snapshot.key();
        lastSent = System.nanoTime();
        return snapshot.json();
      }
    }
  }

  /** A sign of life that needs no fabric would vouch for what a stuck one said last. */
  private static void checkAlive(FabricNode asked) throws IOException, InterruptedException {
    try {
      var _ = asked.ask(Fabric::upCount);
    } catch (TimeoutException e) {
      throw new IOException("the fabric does not answer", e);
    }
  }

  private void pauseAfterLast() throws InterruptedException {
    long rest = lastSent + EACH.toNanos() - System.nanoTime();
    if (rest > 0) {
      Thread.sleep(Duration.ofNanos(rest));
    }
  }
}

package io.llamamesh.scraper.pull;

import io.llamamesh.results.Point;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * Quota of one agent's series within the last hour or two. Points beyond as many series as a mesh
 * can give an agent are left out: an agent that makes up pairs without end would fill the store.
 * Thread-safe.
 *
 * <p>Series are identified by a hash of 32 bits ({@link TagHash}): of two with the same hash the
 * second is admitted without being counted, one of 100,000 at most.
 */
final class SeriesQuota {
  /**
   * Pairs and classes that it probes, and senders whose probes it reflected: more than the 20,000
   * targets that a collector's config may have and the 4,096 senders that a reflector
   * distinguishes.
   */
  static final int MAX_PAIRS = 32_768;

  /** Source ports of those that lost something. */
  static final int MAX_PATHS = 16_384;

  private static final Duration GENERATION = Duration.ofHours(1);

  private final Seen pairs = new Seen(MAX_PAIRS);
  private final Seen paths = new Seen(MAX_PATHS);
  private final TagHash hash = new TagHash();
  private Instant began = Instant.MIN;

  /** The points whose series fit into the quota; those of known series all do. */
  synchronized List<Point> admitted(List<Point> points, Instant now) {
    if (now.isBefore(began) || Duration.between(began, now).compareTo(GENERATION) >= 0) {
      began = now;
      pairs.age();
      paths.age();
    }
    List<Point> admitted = points.stream().filter(this::admits).toList();
    return admitted.size() == points.size() ? points : admitted;
  }

  private boolean admits(Point point) {
    return (point.measurement().equals(Point.PATH_STATS) ? paths : pairs).admits(hash.of(point));
  }

  /** Set of hashes seen in this generation or in the one before. */
  private static final class Seen {
    private final int most;
    private int[] now = new int[16];
    private int[] before = new int[16];
    private int size;

    Seen(int most) {
      this.most = most;
    }

    boolean admits(int number) {
      // Zero marks an empty slot.
      int key = number == 0 ? 1 : number;
      int at = place(now, key);
      if (now[at] == key) {
        return true;
      }
      boolean known = before[place(before, key)] == key;
      if (size == most) {
        return known;
      }
      now[at] = key;
      size++;
      if (2 * size > now.length) {
        grow();
      }
      return true;
    }

    void age() {
      before = now;
      now = new int[Math.max(16, Integer.highestOneBit(Math.max(1, size)) * 2)];
      size = 0;
    }

    private void grow() {
      int[] all = now;
      now = new int[2 * all.length];
      for (int key : all) {
        if (key != 0) {
          now[place(now, key)] = key;
        }
      }
    }

    private static int place(int[] table, int key) {
      int at = (key * 0x9e3779b9) >>> Integer.numberOfLeadingZeros(table.length - 1);
      while (table[at] != 0 && table[at] != key) {
        at = (at + 1) & (table.length - 1);
      }
      return at;
    }
  }
}

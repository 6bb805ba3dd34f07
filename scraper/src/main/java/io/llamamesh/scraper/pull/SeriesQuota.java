package io.llamamesh.scraper.pull;

import io.llamamesh.results.Point;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * Which series an agent has had points of within the last hour or two. Beyond as many as a mesh can
 * give it, points of further ones are left out: an agent that makes up pairs without end would fill
 * a store with them. Thread-safe.
 *
 * <p>Series are told apart by a number of 32 bits ({@link TagHash}): of two that happen to have the
 * same the second is let in without being counted, one of 100,000 at most.
 */
final class SeriesQuota {
  /**
   * Pairs and classes that it probes, and senders whose probes it sent back: more than the 20,000
   * targets that a collector's config may have and the 4,096 senders that a reflector tells apart.
   */
  static final int MAX_PAIRS = 32_768;

  /** Source ports of those that lost something. */
  static final int MAX_PATHS = 16_384;

  private static final Duration GENERATION = Duration.ofHours(1);

  private final Seen pairs = new Seen(MAX_PAIRS);
  private final Seen paths = new Seen(MAX_PATHS);
  private final TagHash hash = new TagHash();
  private Instant began = Instant.MIN;

  /** The points whose series fit; of those that were there before all do. */
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

  /** Numbers that were there in this generation or in the one before. */
  private static final class Seen {
    private final int most;
    private int[] now = new int[16];
    private int[] before = new int[16];
    private int size;

    Seen(int most) {
      this.most = most;
    }

    boolean admits(int number) {
      // Zero marks an empty place.
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

package io.llamamesh.fabric.multicast;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Memory of messages that were delivered, and sent on along which tree: for each life of an origin
 * the last {@value #WINDOW} sequence numbers, as in RFC 4303's replay window. The lives heard of
 * last are kept, {@value #MAX_LIVES} of them.
 */
final class SeenMessages {

  static final int WINDOW = 256;

  /** More than nodes of the largest mesh, with the life before for some. */
  static final int MAX_LIVES = 8_192;

  private static final int WORDS = WINDOW / Long.SIZE;

  private record Life(String origin, long life) {}

  /** The last sequence numbers of one life. */
  static final class Window {
    private long highest;
    private final long[] delivered = new long[WORDS];
    private final long[] @Nullable [] sentOn = new long[MulticastOptions.MAX_FANOUT][];

    /** False for a number so old that it is not known whether it was seen. */
    boolean advance(long sequence) {
      if (sequence <= highest - WINDOW) {
        return false;
      }
      if (sequence - highest >= WINDOW) {
        clearAll();
      } else {
        for (long next = highest + 1; next <= sequence; next++) {
          clear(next);
        }
      }
      highest = Math.max(highest, sequence);
      return true;
    }

    private void clearAll() {
      Arrays.fill(delivered, 0);
      Arrays.fill(sentOn, null);
    }

    private void clear(long sequence) {
      delivered[word(sequence)] &= ~bit(sequence);
      for (long[] tree : sentOn) {
        if (tree != null) {
          tree[word(sequence)] &= ~bit(sequence);
        }
      }
    }

    /** True the first time. */
    boolean markDelivered(long sequence) {
      return mark(delivered, sequence);
    }

    /** True the first time. */
    boolean markSentOn(int tree, long sequence) {
      long[] marks = sentOn[tree];
      if (marks == null) {
        marks = new long[WORDS];
        sentOn[tree] = marks;
      }
      return mark(marks, sequence);
    }

    private static boolean mark(long[] marks, long sequence) {
      boolean first = (marks[word(sequence)] & bit(sequence)) == 0;
      marks[word(sequence)] |= bit(sequence);
      return first;
    }

    private static int word(long sequence) {
      return (int) (sequence % WINDOW) / Long.SIZE;
    }

    private static long bit(long sequence) {
      return 1L << sequence;
    }
  }

  private final Map<Life, Window> windows =
      new LinkedHashMap<>(64, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Life, Window> eldest) {
          return size() > MAX_LIVES;
        }
      };

  Window window(MessageId id) {
    return windows.computeIfAbsent(new Life(id.origin(), id.life()), life -> new Window());
  }

  int lives() {
    return windows.size();
  }
}

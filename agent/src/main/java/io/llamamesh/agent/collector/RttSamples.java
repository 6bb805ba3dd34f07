package io.llamamesh.agent.collector;

import io.llamamesh.agent.window.PairResult;
import java.util.Arrays;
import org.HdrHistogram.IntCountsHistogram;
import org.jspecify.annotations.Nullable;

/**
 * RTTs of one pair in one window: raw while they are few, in a histogram of two digits once they
 * are many. Reset and reused for later windows.
 */
final class RttSamples {

  static final int FIRST = 64;
  static final int RAW_LIMIT = 1024;
  private static final long HIGHEST_NANOS = 120_000_000_000L;

  private long[] raw = new long[FIRST];
  private int count;
  private double sum;
  private @Nullable IntCountsHistogram histogram;

  void add(long nanos) {
    long value = Math.clamp(nanos, 1, HIGHEST_NANOS);
    sum += value;
    if (histogram != null) {
      histogram.recordValue(value);
    } else if (count < RAW_LIMIT) {
      if (count == raw.length) {
        raw = Arrays.copyOf(raw, count * 2);
      }
      raw[count] = value;
    } else {
      histogram = new IntCountsHistogram(HIGHEST_NANOS, 2);
      for (int i = 0; i < count; i++) {
        histogram.recordValue(raw[i]);
      }
      histogram.recordValue(value);
    }
    count++;
  }

  int count() {
    return count;
  }

  /** The distribution; null when there are no samples. Sorts in place. */
  PairResult.@Nullable Rtt summary(double jitterNanos) {
    if (count == 0) {
      return null;
    }
    double mean = sum / count;
    if (histogram != null) {
      return new PairResult.Rtt(
          mean,
          histogram.getMinNonZeroValue(),
          histogram.getValueAtPercentile(50),
          histogram.getValueAtPercentile(90),
          histogram.getValueAtPercentile(99),
          histogram.getMaxValue(),
          jitterNanos);
    }
    Arrays.sort(raw, 0, count);
    return new PairResult.Rtt(
        mean, raw[0], rank(0.50), rank(0.90), rank(0.99), raw[count - 1], jitterNanos);
  }

  /** Nearest rank: the smallest sample that at least this share does not exceed. */
  private long rank(double share) {
    return raw[Math.max(0, (int) Math.ceil(share * count) - 1)];
  }

  void reset() {
    count = 0;
    sum = 0;
    histogram = null;
  }
}

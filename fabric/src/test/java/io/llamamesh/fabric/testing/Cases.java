package io.llamamesh.fabric.testing;

import java.util.SplittableRandom;
import java.util.stream.LongStream;

/**
 * Seeds of a property's cases: few by default, as many as wanted by {@code -Dfabric.cases=10000}.
 */
public final class Cases {

  private Cases() {}

  /** Number of cases of a property. */
  public static int count(int usual) {
    return Integer.getInteger("fabric.cases", usual);
  }

  /** The seeds, always the same ones first. */
  public static LongStream seeds(int usual) {
    return LongStream.range(0, count(usual));
  }

  /** Chance of a case. */
  public static SplittableRandom random(long seed) {
    return new SplittableRandom(seed * 0x9E3779B97F4A7C15L + 1);
  }
}

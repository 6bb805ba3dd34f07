package io.llamamesh.local.fault;

import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/**
 * Loses a share of datagrams at random places, but as many of every twenty as the share says
 * (rounded so that the error never grows): a fault of 30 % shows as 30 % within seconds, not after
 * an hour.
 */
final class EvenLoss {
  static final int BLOCK = 20;
  private final double share;
  private final RandomGenerator random;
  private double owed;
  private int left;
  private int toLose;

  EvenLoss(double share, long seed) {
    this.share = share;
    random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    // Else all flows of a small share would owe their first datagram at the same time.
    owed = random.nextDouble();
  }

  boolean losesNext() {
    if (left == 0) {
      left = BLOCK;
      owed += share * BLOCK;
      toLose = (int) Math.min(BLOCK, Math.floor(owed));
      owed -= toLose;
    }
    boolean lose = random.nextInt(left) < toLose;
    left--;
    if (lose) {
      toLose--;
    }
    return lose;
  }
}

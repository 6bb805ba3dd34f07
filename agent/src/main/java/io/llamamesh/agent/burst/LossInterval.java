package io.llamamesh.agent.burst;

/**
 * Confidence interval of a share of losses, by Wilson's score, which holds for few probes and for
 * no loss at all, too.
 *
 * @param percent the share that was seen; NaN without a probe
 * @param low lower end at 95 %, in percent
 * @param high upper end
 */
public record LossInterval(double percent, double low, double high) {

  /** Quantile of the normal distribution for 95 %, both sides. */
  private static final double Z = 1.959_963_984_540_054;

  /** The interval for so many losses of so many probes that count. */
  public static LossInterval of(long lost, long counted) {
    if (lost < 0 || counted < lost) {
      throw new IllegalArgumentException(lost + " lost of " + counted);
    }
    if (counted == 0) {
      return new LossInterval(Double.NaN, 0, 100);
    }
    double share = (double) lost / counted;
    double z2 = Z * Z / counted;
    double center = (share + z2 / 2) / (1 + z2);
    double half = Z / (1 + z2) * Math.sqrt(share * (1 - share) / counted + z2 / (4 * counted));
    return new LossInterval(
        100 * share,
        lost == 0 ? 0 : 100 * Math.max(0, center - half),
        lost == counted ? 100 : 100 * Math.min(1, center + half));
  }

  /** Returns whether a share of losses, in percent, is inside. */
  public boolean contains(double value) {
    return value >= low && value <= high;
  }
}

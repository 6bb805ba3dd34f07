package io.llamamesh.scraper.matrix;

/**
 * Which way lost probes were lost, at the least: what cannot be told is in neither.
 *
 * @param forward of the lost, those that never reached the reflector
 * @param back of the lost, those that it sent back
 */
public record Directions(long forward, long back) {
  /**
   * How far two agents' windows may be apart without either clock being wrong: the way there, and a
   * thread that was not woken in time.
   */
  static final long WINDOW_EDGE_MILLIS = 100;

  private static final double MILLIS = 1e3;

  /** What the prober knows by itself. */
  static Directions knownToProber(Cell sum) {
    return new Directions(sum.forwardLost(), sum.returnLost());
  }

  /**
   * Joins what a prober lost with what the reflector counted meanwhile.
   *
   * <p>Every probe that the reflector sent back returned, was lost on the way back, or is among the
   * few of which the prober says neither. So there are bounds for what was lost on the way back,
   * and these alone are told: where the reflector counted nothing, all but {@code slop} were lost
   * on the way there; where it counted everything, on the way back.
   *
   * @param sum what the prober saw of that reflector in some windows, all classes together
   * @param reflected what the reflector sent back to that prober in the same windows
   * @param unnamed what it sent back to senders of whom nobody knows who they are
   * @param slop how many probes may be in another window there than here
   * @return what the prober knew where the two contradict each other: then they are no two views of
   *     the same probes
   */
  public static Directions infer(Cell sum, long reflected, long unnamed, long slop) {
    long unsure = Math.max(0, sum.sent() - sum.received() - sum.lost() - sum.refused());
    long least =
        Math.max(
            sum.returnLost(), Math.min(reflected, sum.sent()) - sum.received() - unsure - slop);
    long most =
        Math.min(sum.lost() - sum.forwardLost(), reflected + unnamed - sum.received() + slop);
    if (reflected > sum.sent() + slop || least > most) {
      return knownToProber(sum);
    }
    return new Directions(sum.lost() - most, least);
  }

  /**
   * Probes that may be in another window at the reflector than at the prober: those of both edges.
   *
   * @param seconds how long the windows are together
   * @param clocksApartMillis by how much the two agents' clocks differ
   */
  public static long slop(long sent, long seconds, long clocksApartMillis) {
    double apart = (WINDOW_EDGE_MILLIS + Math.abs(clocksApartMillis)) / MILLIS;
    return 2 * (1 + (long) Math.ceil(sent * apart / Math.max(1, seconds)));
  }
}

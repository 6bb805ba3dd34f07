package io.llamamesh.scraper.matrix;

/**
 * Lower bounds for the directions of lost probes; those of unknown direction are in neither.
 *
 * @param forward of the lost, those lost on the forward path, which never reached the reflector
 * @param back of the lost, those lost on the return path, which the reflector sent back
 */
public record Directions(long forward, long back) {
  /**
   * Largest distance of two agents' windows with right clocks: latency, and a thread that was not
   * scheduled in time.
   */
  static final long WINDOW_EDGE_MILLIS = 100;

  private static final double MILLIS = 1e3;

  /** The directions that the prober knows by itself. */
  static Directions knownToProber(Cell sum) {
    return new Directions(sum.forwardLost(), sum.returnLost());
  }

  /**
   * Infers directions from what a prober lost and what the reflector counted in the same windows.
   *
   * <p>Every probe that the reflector sent back was received, was lost on the return path, or is
   * among the few of which the prober says neither. This gives bounds for what was lost on the
   * return path: if the reflector counted nothing, all but {@code slop} were lost on the forward
   * path; if it counted everything, on the return path.
   *
   * @param sum the prober's counts for that reflector in some windows, all classes together
   * @param reflected probes that the reflector sent back to that prober in the same windows
   * @param unnamed probes that it sent back to senders that are not known
   * @param slop number of probes that may be in another window there than here
   * @return the prober's own directions if the counts contradict each other, since they then are
   *     not of the same probes
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
   * Number of probes that may be in another window at the reflector than at the prober: those at
   * both edges.
   *
   * @param seconds length of all windows
   * @param clocksApartMillis difference of the two agents' clocks
   */
  public static long slop(long sent, long seconds, long clocksApartMillis) {
    double apart = (WINDOW_EDGE_MILLIS + Math.abs(clocksApartMillis)) / MILLIS;
    return 2 * (1 + (long) Math.ceil(sent * apart / Math.max(1, seconds)));
  }
}

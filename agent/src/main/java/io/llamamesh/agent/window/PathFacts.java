package io.llamamesh.agent.window;

/**
 * MTU and DSCP changes of a pair's path: what it does to packets beside delaying and losing them.
 *
 * @param mtu bytes of an IP packet that the path takes, where a probe was longer; 0 where none was
 * @param dscpForward the last other DSCP that arrived at the reflector; −1 where it was ours
 * @param dscpReturn the last other DSCP with which a reply arrived here; −1 where it was ours
 */
public record PathFacts(int mtu, int dscpForward, int dscpReturn) {

  /** A path that changes nothing and takes every probe. */
  public static final PathFacts NONE = new PathFacts(0, -1, -1);

  /** Facts of a path; {@link #NONE} where all are unknown. */
  public static PathFacts of(int mtu, int dscpForward, int dscpReturn) {
    return mtu == 0 && dscpForward < 0 && dscpReturn < 0
        ? NONE
        : new PathFacts(mtu, dscpForward, dscpReturn);
  }

  /** Both combined; values of this one, the later, win. */
  PathFacts or(PathFacts earlier) {
    return of(
        mtu == 0 ? earlier.mtu : mtu,
        dscpForward < 0 ? earlier.dscpForward : dscpForward,
        dscpReturn < 0 ? earlier.dscpReturn : dscpReturn);
  }
}

package io.llamamesh.e2e.row;

import io.llamamesh.e2e.cluster.IpFamily;

/**
 * A test case: something is done to a cluster, and something must follow.
 *
 * @param name how it is asked for
 * @param expectation what must follow, for people
 * @param isShort whether it belongs to the short form
 * @param isOnDemand whether it is run only when it is asked for by its name
 * @param family of the cluster that it needs
 * @param body does it
 */
public record Row(
    String name,
    String expectation,
    boolean isShort,
    boolean isOnDemand,
    IpFamily family,
    Body body) {
  /** Action and checks of a row; it fails by throwing. */
  @FunctionalInterface
  public interface Body {
    /** Does it, and notes figures. */
    void run(Stage stage, Figures figures) throws Exception;
  }

  static Row of(String name, String right, Body body) {
    return new Row(name, right, false, false, IpFamily.IPV4, body);
  }

  static Row ofShort(String name, String right, Body body) {
    return new Row(name, right, true, false, IpFamily.IPV4, body);
  }

  static Row onDemand(String name, String right, Body body) {
    return new Row(name, right, false, true, IpFamily.IPV4, body);
  }
}

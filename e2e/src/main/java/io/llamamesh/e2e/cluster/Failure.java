package io.llamamesh.e2e.cluster;

import java.io.Serial;

/** A check that failed; the message is for people. */
public final class Failure extends RuntimeException {
  @Serial private static final long serialVersionUID = 1L;

  public Failure(String message) {
    super(message);
  }

  /** The message of a failure; of any other exception its name too. */
  public static String message(Exception e) {
    return e instanceof Failure ? String.valueOf(e.getMessage()) : String.valueOf(e);
  }

  /** Fails where something is not so. */
  public static void unless(boolean right, String message) {
    if (!right) {
      throw new Failure(message);
    }
  }
}

package io.llamamesh.e2e.cluster;

import java.io.Serial;

/** Something that is not as it should be; the message is for people. */
public final class Failure extends RuntimeException {
  @Serial private static final long serialVersionUID = 1L;

  public Failure(String message) {
    super(message);
  }

  /** What went wrong, in words: a failure's own, or whatever else it was. */
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

package io.llamamesh.fabric.wire;

/** Bytes that are no message of this version. */
public final class MalformedMessageException extends Exception {

  private static final long serialVersionUID = 1L;

  MalformedMessageException(String reason) {
    super(reason);
  }
}

package io.llamamesh.fabric.codec;

/** Bytes that are no message or record, or one that breaks a bound. */
public final class CodecException extends Exception {

  private static final long serialVersionUID = 1L;

  /** An exception that names what is wrong. */
  public CodecException(String message) {
    super(message);
  }
}

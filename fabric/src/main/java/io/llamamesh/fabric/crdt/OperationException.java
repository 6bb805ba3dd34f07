package io.llamamesh.fabric.crdt;

/** An operation that cannot be done: it is of another type than its field, or out of bounds. */
public final class OperationException extends Exception {

  private static final long serialVersionUID = 1L;

  /** An exception that names the field or bound. */
  public OperationException(String message) {
    super(message);
  }
}

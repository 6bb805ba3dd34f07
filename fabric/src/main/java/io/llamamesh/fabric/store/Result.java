package io.llamamesh.fabric.store;

/** Outcome of an operation on a key. */
public sealed interface Result {

  /**
   * Done, and on this node's disk.
   *
   * @param value the value after it
   * @param isLarge true when the value is beyond the size that is warned of
   */
  record Done(Value value, boolean isLarge) implements Result {}

  /**
   * Not done: the value is not the one that the operation was meant for.
   *
   * @param value the value as it is
   */
  record Stale(Value value) implements Result {}

  /** Not done: too many operations wait; may be tried again. */
  record Busy() implements Result {}

  /**
   * Not done: the value would become too large.
   *
   * @param bytes what it would have
   * @param maxBytes what it may have
   */
  record TooLarge(long bytes, long maxBytes) implements Result {}

  /**
   * Not done: the store would become too large.
   *
   * @param bytes what it would have
   * @param maxBytes what it may have
   */
  record Full(long bytes, long maxBytes) implements Result {}

  /**
   * Not done: another node owns the key.
   *
   * @param owner the only node that may write it, empty for nobody
   */
  record Forbidden(String owner) implements Result {}

  /**
   * Not done: the operation does not fit the value, or breaks a bound.
   *
   * @param reason what does not fit
   */
  record Invalid(String reason) implements Result {}

  /**
   * Not known to be done: the disk failed. Nothing of it was sent to others.
   *
   * @param reason what failed
   */
  record Unavailable(String reason) implements Result {}
}

package io.llamamesh.fabric.store;

/** A disk that cannot be read or written. */
public final class StorageException extends Exception {

  private static final long serialVersionUID = 1L;

  private final boolean isDamaged;

  /** An exception that says what failed. */
  public StorageException(String message) {
    this(message, false);
  }

  /**
   * An exception that says what failed.
   *
   * @param isDamaged whether what is on disk will never be readable
   */
  public StorageException(String message, boolean isDamaged) {
    super(message);
    this.isDamaged = isDamaged;
  }

  /** An exception that says what failed and why. */
  public StorageException(String message, Throwable cause) {
    this(message, cause, false);
  }

  /**
   * An exception that says what failed and why.
   *
   * @param isDamaged whether what is on disk will never be readable
   */
  public StorageException(String message, Throwable cause, boolean isDamaged) {
    super(message, cause);
    this.isDamaged = isDamaged;
  }

  /** True when what is on disk will never be readable, whoever tries again. */
  public boolean isDamaged() {
    return isDamaged;
  }
}

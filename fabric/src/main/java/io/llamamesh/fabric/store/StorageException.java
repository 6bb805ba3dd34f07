package io.llamamesh.fabric.store;

/** A disk that cannot be read or written. */
public final class StorageException extends Exception {

  private static final long serialVersionUID = 1L;

  /** An exception that says what failed. */
  public StorageException(String message) {
    super(message);
  }

  /** An exception that says what failed and why. */
  public StorageException(String message, Throwable cause) {
    super(message, cause);
  }
}

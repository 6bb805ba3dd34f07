package io.llamamesh.config;

import java.io.Serial;

/**
 * The document cannot be used; the message names the field, the value and, where known, the line.
 */
public final class InvalidConfigException extends Exception {
  @Serial private static final long serialVersionUID = 1L;

  public InvalidConfigException(String message) {
    super(message);
  }

  public InvalidConfigException(String message, Throwable cause) {
    super(message, cause);
  }
}

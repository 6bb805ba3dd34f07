package io.llamamesh.client;

import io.llamamesh.results.ControlCharacters;
import java.io.IOException;
import java.io.Serial;
import org.jspecify.annotations.Nullable;

/** A call without the answer that was asked for; the message is one line for people. */
public final class ClientException extends IOException {
  @Serial private static final long serialVersionUID = 1L;

  private final Kind kind;
  private final int status;
  private final @Nullable String reason;

  /** Kinds of failure, for programs. */
  public enum Kind {
    /** Nobody listens there, the name does not resolve, or the connection broke. */
    UNREACHABLE,
    /** No whole answer within the timeout. */
    TIMEOUT,
    /** 401: it asks for another token, or for one at all. */
    TOKEN_REFUSED,
    /** Another status than 200, redirects among them; see {@link ClientException#status}. */
    STATUS,
    /** More bytes than the options allow. */
    TOO_LARGE,
    /** 200, but not the document that was asked for. */
    MALFORMED
  }

  ClientException(Kind kind, int status, String message, @Nullable Throwable cause) {
    this(kind, status, message, cause, null);
  }

  ClientException(
      Kind kind, int status, String message, @Nullable Throwable cause, @Nullable String reason) {
    super(ControlCharacters.replaced(message), cause);
    this.kind = kind;
    this.status = status;
    this.reason = reason == null ? null : ControlCharacters.replaced(reason);
  }

  /** The kind of failure. */
  public Kind kind() {
    return kind;
  }

  /** The HTTP status; 0 where there was none. */
  public int status() {
    return status;
  }

  /** The server's own sentence, without its address and status; null where it gave none. */
  public @Nullable String reason() {
    return reason;
  }
}

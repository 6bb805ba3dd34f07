package io.llamamesh.client;

import java.time.Duration;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Bounds of a client, and its token.
 *
 * @param timeout of one call, from the connect to the last byte; more than nothing, at most an hour
 * @param maxBytes of an answer's body, 1 or more
 * @param token asked for with each call: the bearer token without blanks around it; null: none is
 *     shown
 */
public record ClientOptions(Duration timeout, int maxBytes, Supplier<@Nullable String> token) {
  private static final Duration LONGEST = Duration.ofHours(1);

  /** Bytes of a matrix of a thousand nodes are 20 MB. */
  private static final int MAX_BYTES = 128 << 20;

  public ClientOptions {
    if (!timeout.isPositive() || timeout.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException("timeout must be up to an hour, was " + timeout);
    }
    if (maxBytes < 1) {
      throw new IllegalArgumentException("maxBytes must be 1 or more, was " + maxBytes);
    }
  }

  /** Ten seconds, 128 MiB, no token. */
  public static ClientOptions standard() {
    return new ClientOptions(Duration.ofSeconds(10), MAX_BYTES, () -> null);
  }

  /** The same with another timeout. */
  public ClientOptions withTimeout(Duration other) {
    return new ClientOptions(other, maxBytes, token);
  }

  /** The same with another bound of an answer's body. */
  public ClientOptions withMaxBytes(int other) {
    return new ClientOptions(timeout, other, token);
  }

  /** The same with a token, which may change from call to call. */
  public ClientOptions withToken(Supplier<@Nullable String> other) {
    return new ClientOptions(timeout, maxBytes, other);
  }
}

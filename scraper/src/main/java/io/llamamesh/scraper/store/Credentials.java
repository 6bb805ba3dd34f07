package io.llamamesh.scraper.store;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What a store is shown, asked for with every request: whoever supplies it may follow a file.
 * Thread-safe as far as its suppliers are.
 */
@FunctionalInterface
public interface Credentials {
  /** Shows nothing. */
  Credentials NONE = () -> new AuthorizationHeader(null, List.of());

  /** What to show now. */
  AuthorizationHeader current();

  /**
   * A header and what must not be repeated of it.
   *
   * @param value value of {@code Authorization}; null: no such header
   * @param secrets what to hide wherever an answer repeats it
   */
  record AuthorizationHeader(@Nullable String value, List<String> secrets) {
    Redactor redactor() {
      return new Redactor(secrets.toArray(String[]::new));
    }
  }

  /** A token, as the v2 API takes it. */
  static Credentials token(Supplier<String> token) {
    return () -> {
      String now = token.get();
      return new AuthorizationHeader("Token " + now, List.of(now));
    };
  }

  /** A user with a password, as the v1 API takes them. */
  static Credentials basic(Supplier<String> user, Supplier<String> password) {
    return () -> {
      String secret = password.get();
      String encoded =
          Base64.getEncoder()
              .encodeToString((user.get() + ":" + secret).getBytes(StandardCharsets.UTF_8));
      return new AuthorizationHeader("Basic " + encoded, List.of(secret, encoded));
    };
  }
}

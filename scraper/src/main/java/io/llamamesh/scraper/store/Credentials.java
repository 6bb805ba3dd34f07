package io.llamamesh.scraper.store;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Credentials for a store, evaluated with every request, so that a supplier may follow a file.
 * Thread-safe as far as its suppliers are.
 */
@FunctionalInterface
public interface Credentials {
  /** No credentials. */
  Credentials NONE = () -> new AuthorizationHeader(null, List.of());

  /** The current header. */
  AuthorizationHeader current();

  /**
   * The header and the secrets in it.
   *
   * @param value value of {@code Authorization}; null: no such header
   * @param secrets texts to redact wherever an answer repeats them
   */
  record AuthorizationHeader(@Nullable String value, List<String> secrets) {
    Redactor redactor() {
      return new Redactor(secrets.toArray(String[]::new));
    }
  }

  /** Token credentials, for the v2 API. */
  static Credentials token(Supplier<String> token) {
    return () -> {
      String now = token.get();
      return new AuthorizationHeader("Token " + now, List.of(now));
    };
  }

  /** User and password, for the v1 API. */
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

package io.llamamesh.scraper.auth;

import org.jspecify.annotations.Nullable;

/** Bearer tokens that agents and scraper accept from each other. Thread-safe. */
public interface Tokens {
  /** No authentication: sends no token, accepts every request. */
  Tokens NONE =
      new Tokens() {
        @Override
        public @Nullable String bearer() {
          return null;
        }

        @Override
        public boolean accepts(@Nullable String authorization) {
          return true;
        }
      };

  /** The token to send to agents; null if there is none. */
  @Nullable String bearer();

  /**
   * True if a request is authorized.
   *
   * @param authorization value of the header {@code Authorization}; null if it is missing
   */
  boolean accepts(@Nullable String authorization);
}
